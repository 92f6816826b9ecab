// The same work on numbered pieces, on several threads. Which thread takes which piece is left to chance, so work may
// write only to what belongs to its piece: then results do not depend on the number of threads.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace walras::portfolio::stats {

// Calls make() once a thread for its state, and work(state, i) for each i in [0, count). `threads` 0 means all cores.
// Of exceptions that work throws, the one of the lowest i reaches the caller, after all threads have ended.
template <class Make, class Work>
void in_parallel(std::size_t count, unsigned threads, Make make, Work work) {
    if (threads == 0) { threads = std::max(1U, std::thread::hardware_concurrency()); }
    std::atomic<std::size_t> next{0};
    std::mutex mutex;
    std::exception_ptr failure;
    std::size_t failed_at = count;
    const auto run = [&] {
        auto state = make();
        for (std::size_t i = next++; i < count; i = next++) {
            try {
                work(state, i);
            } catch (...) {
                const std::lock_guard lock{mutex};
                if (i < failed_at) {
                    failed_at = i;
                    failure = std::current_exception();
                }
            }
        }
    };
    {
        std::vector<std::jthread> others;
        const std::size_t wanted = std::min<std::size_t>(threads, count);
        for (std::size_t i = 1; i < wanted; ++i) { others.emplace_back(run); }
        run();
    }
    if (failure) { std::rethrow_exception(failure); }
}

}  // namespace walras::portfolio::stats
