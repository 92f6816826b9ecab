// Long columns of plain values. A Column is a std::vector with two habits of its own: `resize` does not write the new
// elements, so that room costs nothing until it is used, and from 2 MiB on its memory asks for huge pages, so that the
// first write to it costs one page fault for 2 MiB and not 512. Of what such columns free, 128 MiB are kept for the
// next.
#pragma once

#include <algorithm>
#include <cstddef>
#include <new>
#include <utility>
#include <vector>

namespace walras::core {

// Where the system has huge pages on request, it may use them for this range. A hint: nothing else changes.
void prefer_huge_pages(void* data, std::size_t bytes);

void* allocate_column(std::size_t bytes);  // throws std::bad_alloc
void free_column(void* data, std::size_t bytes) noexcept;

template <class T>
class ColumnAllocator {
public:
    using value_type = T;

    ColumnAllocator() = default;
    template <class U>
    ColumnAllocator(const ColumnAllocator<U>&) {}  // NOLINT(google-explicit-constructor): as allocators convert

    T* allocate(std::size_t count) { return static_cast<T*>(allocate_column(count * sizeof(T))); }
    void deallocate(T* data, std::size_t count) noexcept { free_column(data, count * sizeof(T)); }
    template <class U>
    void construct(U* at) {
        ::new (static_cast<void*>(at)) U;
    }
    template <class U, class... Args>
    void construct(U* at, Args&&... args) {
        ::new (static_cast<void*>(at)) U(std::forward<Args>(args)...);
    }
    bool operator==(const ColumnAllocator&) const = default;
};

template <class T>
using Column = std::vector<T, ColumnAllocator<T>>;

// The same values.
template <class T>
bool operator==(const Column<T>& a, const std::vector<T>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

}  // namespace walras::core
