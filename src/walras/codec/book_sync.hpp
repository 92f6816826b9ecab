// Whether a book by price that comes as diffs and snapshots can be trusted: it follows a feed's own update numbers and
// says so with BookAction::state ticks.
//
// One for each symbol. While the book is not valid it keeps the last diffs, at most `most_held` ticks, for a snapshot
// that is older than they are.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "walras/model/tick.hpp"

namespace walras::codec {

class BookSync {
public:
    static constexpr std::size_t most_held = 1U << 18;

    // Everything behind update `before`, to `last`. `is_dense`: numbers have no holes.
    struct Diff {
        std::uint64_t before = 0;
        std::uint64_t last = 0;
        bool is_dense = false;
    };

    // `out` from `begin` on is one diff's ticks, which follow or not: they may be dropped, and a state put before them,
    // with the header of `head`.
    void on_diff(const Diff& diff, const model::Tick& head, std::size_t begin, std::vector<model::Tick>& out);
    // The same for the ticks of a snapshot up to update `last`; kept diffs that are newer come behind it.
    void on_snapshot(std::uint64_t last, std::size_t begin, std::vector<model::Tick>& out);
    // A snapshot of the stream itself: what comes next follows it.
    void on_restart(std::uint64_t last);

    [[nodiscard]] std::uint64_t gaps() const { return gaps_; }

private:
    enum class Phase : std::uint8_t { begin, unverifiable, resyncing, bridging, valid };
    struct Held {
        Diff diff;
        model::Tick head;
        std::vector<model::Tick> ticks;
    };

    void hold(const Diff& diff, const model::Tick& head, std::size_t begin, const std::vector<model::Tick>& out);
    [[nodiscard]] bool is_repeated(const Diff& diff) const;
    void say(model::BookState state, const model::Tick& head, std::size_t at, std::vector<model::Tick>& out);

    Phase phase_ = Phase::begin;
    model::BookState told_ = model::BookState::unverifiable;
    std::uint64_t last_ = 0;
    std::uint64_t gaps_ = 0;
    std::deque<Held> held_;
    std::size_t held_ticks_ = 0;
};

}  // namespace walras::codec
