#include "walras/sim/wake_index.hpp"

#include <algorithm>

namespace walras::sim {
namespace {

void save_times(core::ArchiveWriter& out, const auto& times) {
    out.value(static_cast<std::uint64_t>(times.size()));
    for (const auto& [key, value] : times) {
        out.value(key);
        out.array(value);
    }
}
void load_times(core::ArchiveReader& in, auto& times) {
    times.clear();
    for (auto n = in.value<std::uint64_t>(); n > 0; --n) {
        const auto key = in.value<typename std::remove_reference_t<decltype(times)>::key_type>();
        in.array(times[key]);
    }
}

void sort_once(std::vector<Agent>& agents) {
    std::sort(agents.begin(), agents.end());
    agents.erase(std::unique(agents.begin(), agents.end()), agents.end());
}

}  // namespace

WakeIndex::WakeIndex(std::span<const SymbolView> symbols, std::span<const Sector> sectors) : symbols_(symbols.size()) {
    for (std::size_t i = 0; i < symbols.size(); ++i) {
        symbols_[i].last = symbols[i].last;
        symbols_[i].sector = sectors[i];
    }
}

void WakeIndex::apply(const ConditionChange& change) {
    const Condition& c = change.condition;
    const auto edit = [&](auto& list, const auto& entry) {
        if (change.is_add) {
            list.push_back(entry);
            ++size_;
        } else if (const auto it = std::find(list.begin(), list.end(), entry); it != list.end()) {
            list.erase(it);
            --size_;
        }
        return list.empty();
    };
    switch (c.on) {
        case WakeOn::price_at_or_above:
        case WakeOn::price_at_or_below: {
            OfSymbol& symbol = symbols_[c.symbol];
            const bool is_above = c.on == WakeOn::price_at_or_above;
            ByPrice& side = is_above ? symbol.above : symbol.below;
            if (edit(side[c.price], change.agent)) { side.erase(c.price); }
            const Fresh fresh{change.agent, c.symbol, c.price, is_above ? 1U : 0U};
            if (!change.is_add) {
                // Taken back before it could wake.
                if (const auto it = std::find(fresh_.begin(), fresh_.end(), fresh); it != fresh_.end()) {
                    fresh_.erase(it);
                }
            } else if (is_above ? symbol.last >= c.price : symbol.last <= c.price) {
                fresh_.push_back(fresh);
            }
            return;
        }
        case WakeOn::at_tick:
        case WakeOn::every_ticks: {
            const Timed timed{change.agent, c.on == WakeOn::every_ticks ? std::max(1U, c.interval) : 0};
            if (change.is_add) {
                edit(times_[c.when], timed);
                return;
            }
            // A repeating one has moved on from `when`.
            for (auto it = times_.begin(); it != times_.end(); ++it) {
                if ((timed.interval == 0 && it->first != c.when) ||
                    std::find(it->second.begin(), it->second.end(), timed) == it->second.end()) {
                    continue;
                }
                if (edit(it->second, timed)) { times_.erase(it); }
                return;
            }
            return;
        }
        case WakeOn::news: edit(symbols_[c.symbol].news, std::pair{c.magnitude, change.agent}); return;
    }
}

// Levels in (before, to] are reached from below, those in [to, before) from above.
void WakeIndex::OfSymbol::move(Ticks to, std::vector<Agent>& awake) {
    const auto wake = [&awake](const std::vector<Agent>& agents) {
        awake.insert(awake.end(), agents.begin(), agents.end());
    };
    for (auto it = above.upper_bound(last); it != above.end() && it->first <= to; ++it) { wake(it->second); }
    for (auto it = below.lower_bound(to); it != below.end() && it->first < last; ++it) { wake(it->second); }
    last = to;
}

void WakeIndex::move(std::uint32_t symbol, Ticks last, std::vector<Agent>& awake) {
    awake.clear();
    if (symbols_[symbol].last == last) { return; }
    symbols_[symbol].move(last, awake);
    sort_once(awake);
}

void WakeIndex::collect(const MarketView& view, std::vector<Agent>& awake) {
    awake.clear();
    for (const Fresh& fresh : fresh_) { awake.push_back(fresh.agent); }
    fresh_.clear();
    for (std::size_t s = 0; s < symbols_.size(); ++s) {
        OfSymbol& symbol = symbols_[s];
        symbol.move(view.symbols[s].last, awake);
        if (symbol.news.empty()) { continue; }
        for (const NewsEvent& event : view.news) {
            if (event.tick != view.tick || !event.concerns(static_cast<std::uint32_t>(s), symbol.sector)) { continue; }
            for (const auto& [least, agent] : symbol.news) {
                if (event.magnitude >= least) { awake.push_back(agent); }
            }
        }
    }
    while (!times_.empty() && times_.begin()->first <= view.tick) {
        const std::vector<Timed> due = std::move(times_.begin()->second);
        times_.erase(times_.begin());
        for (const Timed& timed : due) {
            awake.push_back(timed.agent);
            if (timed.interval > 0) {
                times_[view.tick + timed.interval].push_back(timed);
            } else {
                --size_;
            }
        }
    }
    sort_once(awake);
}

void WakeIndex::save(core::ArchiveWriter& out) const {
    for (const OfSymbol& symbol : symbols_) {
        save_times(out, symbol.above);
        save_times(out, symbol.below);
        out.value(symbol.last);
        out.value(static_cast<std::uint64_t>(symbol.news.size()));
        for (const auto& [least, agent] : symbol.news) {
            out.value(least);
            out.value(agent);
        }
    }
    save_times(out, times_);
    out.array(fresh_);
    out.value(static_cast<std::uint64_t>(size_));
}

void WakeIndex::load(core::ArchiveReader& in) {
    for (OfSymbol& symbol : symbols_) {
        load_times(in, symbol.above);
        load_times(in, symbol.below);
        in.value(symbol.last);
        symbol.news.clear();
        for (auto n = in.value<std::uint64_t>(); n > 0; --n) {
            const auto least = in.value<double>();
            symbol.news.emplace_back(least, in.value<Agent>());
        }
    }
    load_times(in, times_);
    in.array(fresh_);
    size_ = static_cast<std::size_t>(in.value<std::uint64_t>());
}

}  // namespace walras::sim
