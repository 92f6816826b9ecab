#include "walras/core/column.hpp"

#ifdef __linux__
#include <sys/mman.h>
#endif

#include <cstddef>
#include <cstdint>

namespace walras::core {
namespace {

constexpr std::size_t huge_page = std::size_t{1} << 21;

}  // namespace

void prefer_huge_pages([[maybe_unused]] void* data, [[maybe_unused]] std::size_t bytes) {
#ifdef MADV_HUGEPAGE
    // Whole huge pages inside the range.
    const auto begin = reinterpret_cast<std::uintptr_t>(data);
    const std::uintptr_t first = (begin + huge_page - 1) / huge_page * huge_page;
    const std::uintptr_t last = (begin + bytes) / huge_page * huge_page;
    if (first < last) {
        static_cast<void>(madvise(static_cast<std::byte*>(data) + (first - begin), last - first, MADV_HUGEPAGE));
    }
#endif
}

void* allocate_column(std::size_t bytes) {
    if (bytes < huge_page) { return ::operator new(bytes); }
    const std::size_t whole = (bytes + huge_page - 1) / huge_page * huge_page;
    void* data = ::operator new(whole, std::align_val_t{huge_page});
    prefer_huge_pages(data, whole);
    return data;
}

void free_column(void* data, std::size_t bytes) noexcept {
    if (bytes < huge_page) {
        ::operator delete(data);
    } else {
        ::operator delete(data, std::align_val_t{huge_page});
    }
}

}  // namespace walras::core
