// Stops and if-touched orders that wait for the last traded price.
//
// A buy stop and a sell if-touched order fire when a trade prints at or above their trigger, a sell stop and a buy
// if-touched order at or below. What one print fires comes out rises before falls, each by price (nearest the market
// before the print first), then time. A trailing stop's trigger follows the prints at its offset, in its favour only. A
// print is tested against the trigger before it moves it.
//
// One thread. Fixed triggers cost O(log n); trailing ones O(their number) whenever the price changes.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "walras/book/order_book.hpp"
#include "walras/book/slot_heap.hpp"
#include "walras/model/enums.hpp"

namespace walras::book {

struct StopTerms {
    Ticks trigger = 0;        // never_fires() where a trailing stop has seen no price yet
    std::int64_t offset = 0;  // trailing: ticks, or 1e-9 of a basis point
    Ticks limit_offset = 0;   // trailing_stop_limit: limit behind the trigger
    std::uint64_t sequence = 0;
    model::OrderSide side = model::OrderSide::buy;
    model::TrailingOffset kind = model::TrailingOffset::price;
    bool is_trailing = false;
    bool is_if_touched = false;

    // Whether a rising price fires it.
    [[nodiscard]] bool fires_on_rise() const { return (side == model::OrderSide::buy) != is_if_touched; }
    // Of a stop.
    static constexpr Ticks never_fires(model::OrderSide side) {
        return side == model::OrderSide::buy ? INT64_MAX : INT64_MIN;
    }
    [[nodiscard]] bool has_trigger() const { return trigger != never_fires(side); }
    [[nodiscard]] bool fires_at(Ticks last) const { return fires_on_rise() ? last >= trigger : last <= trigger; }
    // Where a print puts the trigger of a trailing stop; bps are rounded away from the market.
    [[nodiscard]] Ticks trigger_behind(Ticks last) const;
};

class StopBook {
public:
    // `terms.trigger` must not fire at the last price, or `on_trade` must be asked before the next print.
    void insert(Slot slot, const StopTerms& terms);
    void erase(Slot slot);
    [[nodiscard]] const StopTerms& terms(Slot slot) const { return terms_[slot]; }

    // Whether a print can fire or move anything: the hot path's only question.
    [[nodiscard]] bool wants(Ticks last) const { return last >= next_rise_ || last <= next_fall_ || has_trailing_; }
    // Appends the slots that a print fires, in their order, and forgets them.
    void on_trade(Ticks last, std::vector<Slot>& fired);
    [[nodiscard]] std::size_t size() const {
        return heaps_[0].size() + heaps_[1].size() + trailing_[0].size() + trailing_[1].size();
    }

    template <class Self>
    static void visit(Self& self, auto& archive) {  // core/archive.hpp
        for (auto& heap : self.heaps_) { SlotHeap::visit(heap, archive); }
        for (auto& queue : self.trailing_) { archive.array(queue); }
        archive.array(self.terms_);
        archive.value(self.next_rise_);
        archive.value(self.next_fall_);
        archive.value(self.has_trailing_);
    }

private:
    static std::size_t index(const StopTerms& t) { return t.fires_on_rise() ? 0 : 1; }
    // Smaller fires first: the price order of each direction.
    static std::int64_t key(const StopTerms& t) { return t.fires_on_rise() ? t.trigger : -t.trigger; }
    void refresh();

    // By direction: [0] fires on a rise, [1] on a fall.
    std::array<SlotHeap, 2> heaps_;              // fixed triggers
    std::array<std::vector<Slot>, 2> trailing_;  // in order of arrival
    std::vector<StopTerms> terms_;               // by slot
    Ticks next_rise_ = INT64_MAX;
    Ticks next_fall_ = INT64_MIN;
    bool has_trailing_ = false;
};

}  // namespace walras::book
