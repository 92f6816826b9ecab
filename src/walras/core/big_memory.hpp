// Memory for large arrays that are read at random: on pages of two megabytes where the system gives them, because
// then an access costs one miss and not a search of the page tables as well. A page of four kilobytes covers sixty
// orders; a market has hundreds of thousands.
//
// Blocks of 64 KB and more are cut from regions that are asked of the system for such pages, side by side, so that many
// middling arrays share one page. A freed block waits for the next one of its size; from 1 MB on its pages go back to
// the system. Smaller ones, and all of them under a sanitizer or away from Linux, come from operator new.
//
// Any thread may take and give. Blocks are aligned to 64 bytes; their contents are whatever they are.
#pragma once

#include <cstddef>
#include <limits>
#include <new>
#include <vector>

namespace walras::core {

// Throws std::bad_alloc.
[[nodiscard]] void* take_block(std::size_t bytes);
// `bytes` as they were asked for.
void give_block(void* block, std::size_t bytes) noexcept;

template <class T>
struct BigAllocator {
    using value_type = T;
    static_assert(alignof(T) <= 64);
    BigAllocator() = default;
    template <class U>
    BigAllocator(const BigAllocator<U>& /*other*/) {}  // NOLINT(google-explicit-constructor): containers convert it
    [[nodiscard]] T* allocate(std::size_t n) {
        if (n > std::numeric_limits<std::size_t>::max() / sizeof(T)) { throw std::bad_array_new_length(); }
        return static_cast<T*>(take_block(n * sizeof(T)));
    }
    void deallocate(T* p, std::size_t n) noexcept { give_block(p, n * sizeof(T)); }
    bool operator==(const BigAllocator&) const = default;
};

template <class T>
using BigVector = std::vector<T, BigAllocator<T>>;

}  // namespace walras::core
