#include "walras/core/worker_pool.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "walras/core/error.hpp"

namespace walras::core {
namespace {

constexpr int spins = 4000;  // some ten microseconds

inline void pause_briefly() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

// Until `value` is no longer `old`.
void wait_for_change(const std::atomic<std::uint32_t>& value, std::uint32_t old) {
    for (int i = 0; i < spins; ++i) {
        if (value.load(std::memory_order_acquire) != old) { return; }
        pause_briefly();
    }
    value.wait(old, std::memory_order_acquire);
}

}  // namespace

WorkerPool::WorkerPool(int threads) {
    if (threads < 0 || threads > most_threads) {
        throw ConfigError(
            fmt::format("threads = {} must be 0 to {}; 0 takes all cores, and more than those gain nothing.", threads,
                        most_threads));
    }
    const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
    const unsigned wanted = threads == 0 ? cores : static_cast<unsigned>(threads);
    others_.reserve(wanted - 1);
    try {
        for (unsigned i = 1; i < wanted; ++i) {
            others_.emplace_back([this] { serve(); });
        }
    } catch (const std::system_error&) {
        stop();  // those that began would be waited for without end
        throw ConfigError(
            fmt::format("The system gives no {} threads, only {}; ask for fewer.", wanted, others_.size() + 1));
    }
}

WorkerPool::~WorkerPool() { stop(); }

void WorkerPool::stop() {
    stopping_.store(true, std::memory_order_relaxed);
    round_.fetch_add(1, std::memory_order_release);
    round_.notify_all();
}

void WorkerPool::run_pieces(std::size_t count, Call call, const void* held) {
    call_ = call;
    held_ = held;
    count_ = count;
    failed_at_ = count;
    next_.store(0, std::memory_order_relaxed);
    if (!others_.empty() && count > 1) {
        busy_.store(static_cast<std::uint32_t>(others_.size()), std::memory_order_relaxed);
        round_.fetch_add(1, std::memory_order_release);
        round_.notify_all();
        take_pieces();
        for (std::uint32_t left = busy_.load(std::memory_order_acquire); left != 0;
             left = busy_.load(std::memory_order_acquire)) {
            wait_for_change(busy_, left);
        }
    } else {
        take_pieces();
    }
    if (failure_) {
        const std::exception_ptr failure = std::exchange(failure_, nullptr);
        std::rethrow_exception(failure);
    }
}

void WorkerPool::take_pieces() {
    for (std::size_t i = next_.fetch_add(1, std::memory_order_relaxed); i < count_;
         i = next_.fetch_add(1, std::memory_order_relaxed)) {
        try {
            call_(held_, i);
        } catch (...) {
            const std::lock_guard lock{mutex_};
            if (i < failed_at_) {
                failed_at_ = i;
                failure_ = std::current_exception();
            }
        }
    }
}

void WorkerPool::serve() {
    std::uint32_t seen = 0;
    for (;;) {
        wait_for_change(round_, seen);
        ++seen;
        if (stopping_.load(std::memory_order_relaxed)) { return; }
        take_pieces();
        if (busy_.fetch_sub(1, std::memory_order_acq_rel) == 1) { busy_.notify_one(); }
    }
}

}  // namespace walras::core
