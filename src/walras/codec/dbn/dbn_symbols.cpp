#include "walras/codec/dbn/dbn_symbols.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace walras::codec::dbn {

void Symbols::set(std::vector<Mapping> mappings) {
    mappings_ = std::move(mappings);
    // One name, several ids on one day: side by side in the order of names and days.
    std::vector<std::size_t> order(mappings_.size());
    for (std::size_t i = 0; i < order.size(); ++i) { order[i] = i; }
    std::ranges::sort(order, {}, [&](std::size_t i) {
        const Mapping& m = mappings_[i];
        return std::tuple(std::string_view(m.symbol), m.begin, m.instrument);
    });
    std::vector<bool> is_shared(mappings_.size());
    std::size_t latest = 0;  // of this name, the one that ends last
    for (std::size_t i = 1; i < order.size(); ++i) {
        const Mapping& before = mappings_[order[latest]];
        const Mapping& m = mappings_[order[i]];
        const bool is_same = m.symbol == before.symbol;
        if (is_same && m.begin < before.end && m.instrument != before.instrument) {
            is_shared[order[latest]] = is_shared[order[i]] = true;
        }
        if (!is_same || m.end > before.end) { latest = i; }
    }
    for (std::size_t i = 0; i < mappings_.size(); ++i) {
        if (is_shared[i]) { mappings_[i].symbol += fmt::format("#{}", mappings_[i].instrument); }
    }
}

void Symbols::rename(std::uint32_t instrument, std::string_view symbol) {
    renamed_[instrument] = symbol;
    found_.clear();
    last_ = {};
}

std::uint32_t Symbols::look_up(std::uint64_t key, TimeNs at) {
    Found& found = found_[key];
    if (found.key != key || at < found.begin || at >= found.end) { found = resolve(key, at); }
    last_ = found;
    return found.index;
}

Symbols::Found Symbols::resolve(std::uint64_t key, TimeNs at) {
    const auto instrument = static_cast<std::uint32_t>(key);
    const auto publisher = static_cast<std::uint16_t>(key >> 32);
    Found out{key, time_min, time_max, not_wanted};
    std::string name;
    const auto renamed = renamed_.find(instrument);
    if (renamed != renamed_.end()) {
        name = renamed->second;
    } else {
        auto at_mapping = std::ranges::lower_bound(mappings_, instrument, {}, &Mapping::instrument);
        for (; at_mapping != mappings_.end() && at_mapping->instrument == instrument; ++at_mapping) {
            if (at >= at_mapping->end) {
                out.begin = std::max(out.begin, at_mapping->end);
            } else if (at < at_mapping->begin) {
                out.end = std::min(out.end, at_mapping->begin);
            } else {
                name = at_mapping->symbol;
                out.begin = at_mapping->begin;
                out.end = at_mapping->end;
                break;
            }
        }
    }
    if (name.empty()) { name = fmt::format("{}", instrument); }
    const auto [first, is_new] = first_publisher_.try_emplace(instrument, publisher);
    if (!is_new && first->second != publisher) { name += fmt::format(":{}", publisher); }
    out.index = index_of(name);
    return out;
}

std::uint32_t Symbols::index_of(const std::string& name) {
    if (!wanted_.empty() && std::ranges::find(wanted_, name) == wanted_.end()) { return not_wanted; }
    const auto [at, is_new] = indices_.try_emplace(name, static_cast<std::uint32_t>(names_.size()));
    if (is_new) { names_.push_back(name); }
    return at->second;
}

}  // namespace walras::codec::dbn
