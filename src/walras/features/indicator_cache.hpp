// Indicators over one column of closes, each computed once and shared by everybody who asks: what a sweep's trials have
// in common. Memory is bounded: beyond `most_bytes` a column is computed for the asker and forgotten with it.
//
// Any number of threads may ask. Two that ask for the same new column both compute it, with the same bits; the first
// one in is kept.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <shared_mutex>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace walras::features {

class IndicatorCache {
public:
    using Column = std::shared_ptr<const std::vector<double>>;
    using Compute = std::function<void(std::span<const double> closes, std::span<double> out)>;

    explicit IndicatorCache(std::vector<double> closes, std::size_t most_bytes = std::size_t{256} << 20)
        : closes_(std::move(closes)), most_bytes_(most_bytes) {}

    [[nodiscard]] std::span<const double> closes() const { return closes_; }
    // One value a close. `kind` is a literal: it names the indicator together with `period`.
    [[nodiscard]] Column column(std::string_view kind, int period, const Compute& compute) const;
    [[nodiscard]] std::size_t size() const;  // columns that are kept

private:
    std::vector<double> closes_;
    std::size_t most_bytes_;
    mutable std::shared_mutex mutex_;
    mutable std::map<std::pair<std::string_view, int>, Column> columns_;
};

}  // namespace walras::features
