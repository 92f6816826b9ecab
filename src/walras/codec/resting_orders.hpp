// The orders that rest now, by id: what feeds leave out of later messages (side, price, what is left). It holds as many
// as rest at once, so it does not grow with the length of the feed.
//
// Open addressing with linear probing, at most half full, four entries in a cache line; removal shifts back. One
// thread. Id 0 is not a key. Nothing iterates it.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

#include "walras/model/enums.hpp"

namespace walras::codec {

struct RestingOrder {
    std::uint64_t id = 0;     // 0: no order
    std::uint32_t price = 0;  // in the feed's unit
    std::uint32_t size_and_side = 0;

    static constexpr std::uint32_t max_size = 0x7fffffff;
    static RestingOrder of(std::uint64_t id, std::uint32_t price, std::uint32_t size, model::OrderSide side) {
        return {id, price, (size << 1) | static_cast<std::uint32_t>(side)};
    }
    [[nodiscard]] model::OrderSide side() const { return static_cast<model::OrderSide>(size_and_side & 1U); }
    [[nodiscard]] std::uint32_t size() const { return size_and_side >> 1; }
};

class RestingOrders {
public:
    RestingOrders() { resize(4096); }

    // Always inline, for gcc drops calls of functions that do nothing but prefetch.
    [[gnu::always_inline]] void prefetch(std::uint64_t id) const { __builtin_prefetch(&entries_[home(id)], 1); }
    // Null: it does not rest. Valid until the next put or take.
    [[nodiscard]] const RestingOrder* find(std::uint64_t id) const {
        const RestingOrder& entry = entries_[place_of(id)];
        return entry.id == id && id != 0 ? &entry : nullptr;
    }
    // An order of the same id is replaced.
    void put(const RestingOrder& order) {
        if ((count_ + 1) * 2 > entries_.size()) [[unlikely]] { grow(); }
        RestingOrder& entry = entries_[place_of(order.id)];
        count_ += entry.id == 0 ? 1 : 0;
        entry = order;
    }
    // The order as it was before `size` of it went; all of it, where nothing would be left. Id 0: it did not rest.
    RestingOrder take(std::uint64_t id, std::uint32_t size) {
        const std::size_t at = place_of(id);
        const RestingOrder before = entries_[at];
        if (before.id == 0) { return before; }
        if (before.size() > size) {
            entries_[at].size_and_side -= size << 1;
        } else {
            erase(at);
        }
        return before;
    }
    [[nodiscard]] std::size_t size() const { return count_; }
    [[nodiscard]] std::size_t capacity() const { return entries_.size(); }

private:
    [[nodiscard]] std::size_t home(std::uint64_t id) const { return (id * 0x9e3779b97f4a7c15ULL) >> shift_; }
    // Where the id stands, or the free entry that is its own.
    [[nodiscard]] std::size_t place_of(std::uint64_t id) const {
        std::size_t at = home(id);
        while (entries_[at].id != id && entries_[at].id != 0) { at = (at + 1) & mask_; }
        return at;
    }
    void erase(std::size_t hole) {
        --count_;
        for (std::size_t i = (hole + 1) & mask_; entries_[i].id != 0; i = (i + 1) & mask_) {
            // An entry may fill the hole unless its home lies after the hole.
            if (((i - home(entries_[i].id)) & mask_) >= ((i - hole) & mask_)) {
                entries_[hole] = entries_[i];
                hole = i;
            }
        }
        entries_[hole] = {};
    }
    void resize(std::size_t size) {
        entries_.assign(size, RestingOrder{});
        mask_ = size - 1;
        shift_ = 64 - std::countr_zero(size);
    }
    [[gnu::noinline]] void grow() {
        std::vector<RestingOrder> old;
        old.swap(entries_);
        resize(old.size() * 2);
        for (const RestingOrder& order : old) {
            if (order.id != 0) { entries_[place_of(order.id)] = order; }
        }
    }

    std::vector<RestingOrder> entries_;
    std::size_t mask_ = 0;
    std::size_t count_ = 0;
    int shift_ = 0;
};

}  // namespace walras::codec
