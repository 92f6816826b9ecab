#include "walras/core/big_memory.hpp"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define WALRAS_SANITIZED 1
#endif
#endif
#if defined(__linux__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && !defined(WALRAS_SANITIZED)
#define WALRAS_BIG_PAGES 1
#endif

#ifdef WALRAS_BIG_PAGES

#include <sys/mman.h>

#include <array>
#include <bit>
#include <cstdint>
#include <mutex>

#endif

namespace walras::core {
namespace {

constexpr std::size_t line = 64;

#ifdef WALRAS_BIG_PAGES

constexpr std::size_t least = std::size_t{64} << 10;
constexpr std::size_t returned = std::size_t{1} << 20;  // blocks from here on give their pages back
constexpr std::size_t page = std::size_t{2} << 20;
constexpr std::size_t region = std::size_t{64} << 20;  // addresses; memory comes page by page when it is touched

// Sizes of blocks: 4, 5, 6 and 7 times each power of two, so that at most a quarter is left over.
std::size_t class_of(std::size_t bytes) {
    const auto shift = static_cast<std::size_t>(std::bit_width(bytes - 1)) - 3;
    return shift * 4 + ((bytes - 1) >> shift) - 3;
}
std::size_t size_of(std::size_t c) {
    const std::size_t shift = (c - 1) / 4;
    return ((c - 1) % 4 + 5) << shift;
}

class Blocks {
public:
    void* take(std::size_t bytes) {
        const std::size_t c = class_of(bytes);
        const std::lock_guard lock{mutex_};
        std::vector<void*>& free = free_[c];
        if (!free.empty()) {
            void* block = free.back();
            free.pop_back();
            return block;
        }
        const std::size_t size = (size_of(c) + line - 1) / line * line;
        if (size > left_) { open(size); }
        void* block = at_;
        at_ += size;
        left_ -= size;
        return block;
    }

    void give(void* block, std::size_t bytes) noexcept {
        const std::size_t c = class_of(bytes);
        // Whole small pages that lie in the block alone.
        if (size_of(c) >= returned) {
            constexpr std::size_t small = 4096;
            const auto from = (reinterpret_cast<std::uintptr_t>(block) + small - 1) / small * small;
            const auto to = (reinterpret_cast<std::uintptr_t>(block) + size_of(c)) / small * small;
            // NOLINTNEXTLINE(performance-no-int-to-ptr): the first whole page of the block
            madvise(reinterpret_cast<void*>(from), to - from, MADV_DONTNEED);
        }
        const std::lock_guard lock{mutex_};
        try {
            free_[c].push_back(block);
        } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): the block is lost, its addresses alone
        }
    }

private:
    void open(std::size_t size) {
        const std::size_t wanted = (size > region ? size + page - 1 : region) / page * page;
        void* got =
            mmap(nullptr, wanted + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (got == MAP_FAILED) { throw std::bad_alloc(); }
        const std::size_t skipped = (page - reinterpret_cast<std::uintptr_t>(got) % page) % page;
        at_ = static_cast<std::byte*>(got) + skipped;
        left_ = wanted;
        // Where the system has no such pages, the usual ones serve.
        madvise(at_, left_, MADV_HUGEPAGE);
    }

    std::mutex mutex_;
    std::byte* at_ = nullptr;  // what is left of the newest region
    std::size_t left_ = 0;
    std::array<std::vector<void*>, 256> free_;
};

// Never destroyed: arrays of static objects may outlive it.
Blocks& blocks() {
    static auto* const all = new Blocks;
    return *all;
}

#endif

}  // namespace

void* take_block(std::size_t bytes) {
#ifdef WALRAS_BIG_PAGES
    if (bytes >= least) { return blocks().take(bytes); }
#endif
    return ::operator new(bytes, std::align_val_t{line});
}

void give_block(void* block, [[maybe_unused]] std::size_t bytes) noexcept {
#ifdef WALRAS_BIG_PAGES
    if (bytes >= least) {
        blocks().give(block, bytes);
        return;
    }
#endif
    ::operator delete(block, std::align_val_t{line});
}

}  // namespace walras::core
