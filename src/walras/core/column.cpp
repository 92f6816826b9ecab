#include "walras/core/column.hpp"

#include <algorithm>

#ifdef __linux__
#include <sys/mman.h>
#endif

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <mutex>
#include <vector>

namespace walras::core {
namespace {

constexpr std::size_t huge_page = std::size_t{1} << 21;

std::size_t whole_pages(std::size_t bytes) { return (bytes + huge_page - 1) / huge_page * huge_page; }

// Memory of freed columns, for the next ones of the same size: the system would clear each page of it again, which
// costs a run over a million bars a tenth of its time. Any thread may free a column.
class FreedColumns {
public:
    FreedColumns() { blocks_.reserve(most_kept / huge_page + 1); }  // so that keeping never fails

    void* take(std::size_t bytes) {
        const std::scoped_lock lock{guard_};
        // The last one freed is the likeliest to be in a cache.
        const auto found = std::ranges::find(blocks_.rbegin(), blocks_.rend(), bytes, &Block::bytes);
        if (found == blocks_.rend()) { return nullptr; }
        void* data = found->data;
        kept_ -= bytes;
        blocks_.erase(std::next(found).base());
        return data;
    }

    // The oldest make room.
    void keep(void* data, std::size_t bytes) {
        if (bytes > most_kept) {
            release(data);
            return;
        }
        const std::scoped_lock lock{guard_};
        blocks_.push_back({data, bytes});
        for (kept_ += bytes; kept_ > most_kept; blocks_.erase(blocks_.begin())) {
            kept_ -= blocks_.front().bytes;
            release(blocks_.front().data);
        }
    }

    static void release(void* data) { ::operator delete(data, std::align_val_t{huge_page}); }

private:
    static constexpr std::size_t most_kept = std::size_t{128} << 20;
    struct Block {
        void* data;
        std::size_t bytes;
    };
    std::mutex guard_;
    std::vector<Block> blocks_;
    std::size_t kept_ = 0;
};

FreedColumns& freed_columns() {
    static FreedColumns& all = *new FreedColumns;  // never destroyed: columns may outlive it at exit
    return all;
}

// A sanitizer watches freed memory only where it is given back.
#ifdef __SANITIZE_ADDRESS__
constexpr bool keeps_freed = false;
#else
constexpr bool keeps_freed = true;
#endif

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
    const std::size_t whole = whole_pages(bytes);
    if (void* kept = keeps_freed ? freed_columns().take(whole) : nullptr) { return kept; }
    void* data = ::operator new(whole, std::align_val_t{huge_page});
    prefer_huge_pages(data, whole);
    return data;
}

void free_column(void* data, std::size_t bytes) noexcept {
    if (bytes < huge_page) {
        ::operator delete(data);
    } else if (keeps_freed) {
        freed_columns().keep(data, whole_pages(bytes));
    } else {
        FreedColumns::release(data);
    }
}

}  // namespace walras::core
