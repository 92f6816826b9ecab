// A priority queue of order slots by (key, sequence), smallest first, from which any slot can be removed: expiry times
// and stop triggers live in one each.
//
// One thread. O(log n) insert, erase and pop; no allocation once its arrays have grown.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace walras::book {

class SlotHeap {
public:
    struct Entry {
        std::int64_t key;
        std::uint64_t sequence;
        std::uint32_t slot;
        [[nodiscard]] bool before(const Entry& other) const {
            return key != other.key ? key < other.key : sequence < other.sequence;
        }
    };

    [[nodiscard]] bool empty() const { return entries_.empty(); }
    [[nodiscard]] std::size_t size() const { return entries_.size(); }
    [[nodiscard]] const Entry& top() const { return entries_.front(); }
    // The key of a slot that is in the heap.
    [[nodiscard]] std::int64_t key(std::uint32_t slot) const { return entries_[position_[slot]].key; }

    void insert(std::uint32_t slot, std::int64_t key, std::uint64_t sequence) {
        if (slot >= position_.size()) { position_.resize(std::size_t{slot} + slot / 2 + 16); }
        entries_.push_back({key, sequence, slot});
        up(entries_.size() - 1);
    }

    // `slot` must be in the heap.
    void erase(std::uint32_t slot) {
        const std::size_t i = position_[slot];
        const Entry last = entries_.back();
        entries_.pop_back();
        if (i == entries_.size()) { return; }
        entries_[i] = last;
        up(i);
        down(position_[last.slot]);
    }

    template <class Self>
    static void visit(Self& self, auto& archive) {  // core/archive.hpp
        archive.array(self.entries_);
        archive.array(self.position_);
    }

private:
    void up(std::size_t i) {
        const Entry entry = entries_[i];
        for (; i > 0 && entry.before(entries_[(i - 1) / 2]); i = (i - 1) / 2) { put(i, entries_[(i - 1) / 2]); }
        put(i, entry);
    }
    void down(std::size_t i) {
        const Entry entry = entries_[i];
        for (std::size_t child = 2 * i + 1; child < entries_.size(); i = std::exchange(child, 2 * child + 1)) {
            if (child + 1 < entries_.size() && entries_[child + 1].before(entries_[child])) { ++child; }
            if (!entries_[child].before(entry)) { break; }
            put(i, entries_[child]);
        }
        put(i, entry);
    }
    void put(std::size_t i, const Entry& entry) {
        entries_[i] = entry;
        position_[entry.slot] = static_cast<std::uint32_t>(i);
    }

    std::vector<Entry> entries_;
    std::vector<std::uint32_t> position_;  // by slot; valid while the slot is in the heap
};

}  // namespace walras::book
