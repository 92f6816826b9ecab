// 64-bit ids to 32-bit slots: open addressing with linear probing, at most half full; removal shifts back, so that
// there are no tombstones and the table never degrades. Nothing iterates it.
//
// One thread. Id 0 is not a key. Memory grows by doubling and is never given back.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

#include "walras/core/big_memory.hpp"

namespace walras::book {

class IdTable {
public:
    static constexpr std::uint32_t none = UINT32_MAX;

    explicit IdTable(std::size_t expected) { resize(std::bit_ceil(expected < 8 ? std::size_t{16} : expected * 2)); }

    [[nodiscard]] std::uint32_t find(std::uint64_t id) const {
        for (std::size_t i = home(id);; i = (i + 1) & mask_) {
            if (entries_[i].id == id) { return entries_[i].slot; }
            if (entries_[i].id == 0) { return none; }
        }
    }

    // Where the id stands, or the free place that is its own; holds until the next insert or erase.
    using Place = std::size_t;
    [[nodiscard]] Place place_of(std::uint64_t id) const {
        Place at = home(id);
        while (entries_[at].id != id && entries_[at].id != 0) { at = (at + 1) & mask_; }
        return at;
    }
    // The same with room for one more.
    [[nodiscard]] Place place_for(std::uint64_t id) {
        if ((count_ + 1) * 2 > entries_.size()) [[unlikely]] { grow(); }
        return place_of(id);
    }
    [[nodiscard]] bool is_free(Place at) const { return entries_[at].id == 0; }
    [[nodiscard]] std::uint32_t slot(Place at) const { return entries_[at].slot; }
    // The slot of the id if nobody is in its way, else that of somebody else, or of nobody.
    [[nodiscard]] std::uint32_t guess(std::uint64_t id) const { return entries_[home(id)].slot; }
    // The memory of the id is on its way into the cache.
    [[gnu::always_inline]] void prefetch(std::uint64_t id) const { __builtin_prefetch(&entries_[home(id)]); }

    // `id` must not be there yet.
    void insert(std::uint64_t id, std::uint32_t slot) { insert_at(place_for(id), id, slot); }
    // Of a free place that place_for gave.
    void insert_at(Place at, std::uint64_t id, std::uint32_t slot) {
        ++count_;
        entries_[at] = {id, slot};
    }

    // `id` must be there.
    void erase(std::uint64_t id) { erase_at(place_of(id)); }
    void erase_at(Place hole) {
        --count_;
        for (std::size_t i = (hole + 1) & mask_; entries_[i].id != 0; i = (i + 1) & mask_) {
            // An entry may fill the hole unless its home lies after the hole.
            if (((i - home(entries_[i].id)) & mask_) >= ((i - hole) & mask_)) {
                entries_[hole] = entries_[i];
                hole = i;
            }
        }
        entries_[hole].id = 0;
    }

    void clear() {
        entries_.assign(entries_.size(), Entry{});
        count_ = 0;
    }

    [[nodiscard]] std::size_t size() const { return count_; }

    template <class Self>
    static void visit(Self& self, auto& archive) {  // core/archive.hpp
        archive.array(self.entries_);
        archive.value(self.mask_);
        archive.value(self.count_);
        archive.value(self.shift_);
    }

private:
    struct Entry {
        std::uint64_t id = 0;
        std::uint32_t slot = none;
    };

    // Fibonacci hashing: the top bits of id * 2^64 / golden ratio.
    [[nodiscard]] std::size_t home(std::uint64_t id) const { return (id * 0x9e3779b97f4a7c15ULL) >> shift_; }
    void resize(std::size_t size) {
        entries_.assign(size, Entry{});
        mask_ = size - 1;
        shift_ = 64 - std::countr_zero(size);
    }
    [[gnu::noinline]] void grow() {
        core::BigVector<Entry> old;
        old.swap(entries_);
        resize(old.size() * 2);
        for (const Entry& e : old) {
            if (e.id != 0) { entries_[place_of(e.id)] = e; }
        }
    }

    core::BigVector<Entry> entries_;
    std::size_t mask_ = 0;
    std::size_t count_ = 0;
    int shift_ = 0;
};

}  // namespace walras::book
