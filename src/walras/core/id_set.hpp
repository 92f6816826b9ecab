// A set of ids (0 is none and never a member) that only grows: one block of memory, no allocation for each member.
// Eight consecutive ids share a cache line, so that ids which count upwards stay in the cache; lines are scattered by
// Fibonacci hashing, so that ids with a pattern do not pile up.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "walras/core/check.hpp"

namespace walras::core {

class IdSet {
public:
    [[nodiscard]] bool contains(std::uint64_t id) const { return !slots_.empty() && slots_[place_of(id)] == id; }
    // False if it was a member already.
    bool insert(std::uint64_t id) {
        WALRAS_CHECK(id != 0, "the id 0 is none and cannot be a member");
        if (2 * (count_ + 1) > slots_.size()) { grow(); }
        std::uint64_t& slot = slots_[place_of(id)];
        if (slot == id) { return false; }
        slot = id;
        ++count_;
        return true;
    }
    [[nodiscard]] std::size_t size() const { return count_; }

private:
    // Where the id stands, or the free slot that is its own. At most half of the slots are taken, so one is found soon.
    [[nodiscard]] std::size_t place_of(std::uint64_t id) const {
        constexpr std::uint64_t multiplier = 0x9e3779b97f4a7c15ULL;  // 2^64 / golden ratio
        const std::size_t mask = slots_.size() - 1;
        std::size_t at = (((id >> 3) * multiplier) >> shift_) * 8 + (id & 7);
        while (slots_[at] != 0 && slots_[at] != id) { at = (at + 1) & mask; }
        return at;
    }
    void grow() {
        const std::vector<std::uint64_t> members = std::move(slots_);
        slots_.assign(members.empty() ? 64 : 2 * members.size(), 0);
        shift_ = 64 - std::countr_zero(slots_.size() / 8);
        for (const std::uint64_t id : members) {
            if (id != 0) { slots_[place_of(id)] = id; }
        }
    }

    std::vector<std::uint64_t> slots_;  // a power of two of them; 0 is free
    int shift_ = 61;                    // 64 - log2(lines)
    std::size_t count_ = 0;
};

}  // namespace walras::core
