#include "walras/features/indicator_cache.hpp"

#include <mutex>

namespace walras::features {

IndicatorCache::Column IndicatorCache::column(std::string_view kind, int period, const Compute& compute) const {
    {
        const std::shared_lock lock{mutex_};
        const auto found = columns_.find({kind, period});
        if (found != columns_.end()) { return found->second; }
    }
    auto made = std::make_shared<std::vector<double>>(closes_.size());
    compute(closes_, *made);
    const std::unique_lock lock{mutex_};
    if ((columns_.size() + 1) * closes_.size() * sizeof(double) > most_bytes_) { return made; }
    return columns_.try_emplace({kind, period}, std::move(made)).first->second;
}

std::size_t IndicatorCache::size() const {
    const std::shared_lock lock{mutex_};
    return columns_.size();
}

}  // namespace walras::features
