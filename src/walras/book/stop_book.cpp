#include "walras/book/stop_book.hpp"

#include <algorithm>

#include "walras/core/int128.hpp"

namespace walras::book {

Ticks StopTerms::trigger_behind(Ticks last) const {
    Ticks distance = offset;
    if (kind == model::TrailingOffset::bps) {
        // 1e-9 of a basis point is 1e-13 of the price.
        constexpr core::int128 whole = 10'000'000'000'000;
        const core::int128 size = last < 0 ? -core::int128{last} : core::int128{last};
        distance = std::max<Ticks>(1, static_cast<Ticks>((size * offset + whole - 1) / whole));
    }
    return side == model::OrderSide::buy ? last + distance : last - distance;
}

void StopBook::insert(Slot slot, const StopTerms& terms) {
    if (slot >= terms_.size()) { terms_.resize(std::size_t{slot} + slot / 2 + 16); }
    terms_[slot] = terms;
    if (terms.is_trailing) {
        trailing_[index(terms)].push_back(slot);
    } else {
        heaps_[index(terms)].insert(slot, key(terms), terms.sequence);
    }
    refresh();
}

void StopBook::erase(Slot slot) {
    const StopTerms& terms = terms_[slot];
    if (terms.is_trailing) {
        std::erase(trailing_[index(terms)], slot);
    } else {
        heaps_[index(terms)].erase(slot);
    }
    refresh();
}

void StopBook::on_trade(Ticks last, std::vector<Slot>& fired) {
    for (std::size_t direction = 0; direction < 2; ++direction) {
        const auto first = static_cast<std::ptrdiff_t>(fired.size());
        SlotHeap& heap = heaps_[direction];
        while (!heap.empty() && terms_[heap.top().slot].fires_at(last)) {
            fired.push_back(heap.top().slot);
            heap.erase(heap.top().slot);
        }
        const std::size_t fixed = fired.size();
        std::erase_if(trailing_[direction], [&](Slot slot) {
            StopTerms& t = terms_[slot];
            if (t.fires_at(last)) {
                fired.push_back(slot);
                return true;
            }
            const Ticks moved = t.trigger_behind(last);
            t.trigger = t.side == model::OrderSide::buy ? std::min(t.trigger, moved) : std::max(t.trigger, moved);
            return false;
        });
        if (fired.size() != fixed) {
            std::sort(fired.begin() + first, fired.end(), [&](Slot a, Slot b) {
                const StopTerms& x = terms_[a];
                const StopTerms& y = terms_[b];
                return key(x) != key(y) ? key(x) < key(y) : x.sequence < y.sequence;
            });
        }
    }
    refresh();
}

void StopBook::refresh() {
    next_rise_ = heaps_[0].empty() ? INT64_MAX : heaps_[0].top().key;
    next_fall_ = heaps_[1].empty() ? INT64_MIN : -heaps_[1].top().key;
    has_trailing_ = !trailing_[0].empty() || !trailing_[1].empty();
}

}  // namespace walras::book
