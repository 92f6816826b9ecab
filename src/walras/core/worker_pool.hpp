// Threads that wait for numbered pieces of work, for loops that come thousands of times a second.
//
// One thread owns a pool and calls `run`; it works too, so that a pool of one has no other thread. Which thread takes
// which piece is left to chance: work may write only to what belongs to its piece, and then results do not depend on
// the number of threads. Waiting threads spin for some microseconds and sleep then.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <type_traits>
#include <vector>

namespace walras::core {

class WorkerPool {
public:
    // 0 means all cores. ConfigError for a negative number and for more than `most_threads`.
    explicit WorkerPool(int threads);
    static constexpr int most_threads = 1024;
    ~WorkerPool();
    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;

    [[nodiscard]] int threads() const { return static_cast<int>(others_.size()) + 1; }

    // work(i) for each i in [0, count), and returns when all have ended. Of exceptions that work throws, the one of the
    // lowest i reaches the caller.
    template <class Work>
    void run(std::size_t count, Work&& work) {
        using Held = std::remove_reference_t<Work>;
        run_pieces(
            count, [](const void* held, std::size_t i) { (*static_cast<Held*>(const_cast<void*>(held)))(i); },
            std::addressof(work));
    }

private:
    void stop();
    using Call = void (*)(const void* held, std::size_t i);
    void run_pieces(std::size_t count, Call call, const void* held);
    void take_pieces();
    void serve();

    std::vector<std::jthread> others_;
    Call call_ = nullptr;
    const void* held_ = nullptr;
    std::size_t count_ = 0;
    alignas(64) std::atomic<std::size_t> next_{0};
    alignas(64) std::atomic<std::uint32_t> round_{0};  // counts the calls of `run`
    alignas(64) std::atomic<std::uint32_t> busy_{0};
    std::atomic<bool> stopping_{false};
    std::mutex mutex_;
    std::exception_ptr failure_;
    std::size_t failed_at_ = 0;
};

}  // namespace walras::core
