#include "walras/codec/book_sync.hpp"

#include <utility>

namespace walras::codec {

using model::Tick;

void BookSync::say(model::BookState state, const Tick& head, std::size_t at, std::vector<Tick>& out) {
    Tick tick = head;
    tick.kind = model::EventKind::book_delta;
    tick.flags = 0;
    tick.delta = model::BookDelta{};
    tick.delta.action = model::BookAction::state;
    tick.delta.order = static_cast<std::uint64_t>(state);
    out.insert(out.begin() + static_cast<std::ptrdiff_t>(at), tick);
    told_ = state;
}

void BookSync::hold(const Diff& diff, const Tick& head, std::size_t begin, const std::vector<Tick>& out) {
    held_.push_back({diff, head, {out.begin() + static_cast<std::ptrdiff_t>(begin), out.end()}});
    held_ticks_ += out.size() - begin + 1;
    while (held_ticks_ > most_held) {
        held_ticks_ -= held_.front().ticks.size() + 1;
        held_.pop_front();
    }
}

bool BookSync::is_repeated(const Diff& diff) const {
    // Far below, it is a new count.
    constexpr std::uint64_t far = std::uint64_t{1} << 32;
    return diff.last <= last_ && last_ - diff.last < far;
}

void BookSync::on_diff(const Diff& diff, const Tick& head, std::size_t begin, std::vector<Tick>& out) {
    // Sizes are absolute: what overlaps with what is known misses nothing.
    const bool follows = diff.before <= last_ && diff.last > last_;
    if (phase_ == Phase::valid && follows) [[likely]] {
        last_ = diff.last;
        return;
    }
    if (phase_ == Phase::bridging) {
        // Futures number several symbols at once: a snapshot's number is that of the update before it, or between two.
        if (follows || (!diff.is_dense && diff.last == last_)) {
            phase_ = Phase::valid;
            last_ = diff.last;
            if (told_ != model::BookState::valid) { say(model::BookState::valid, head, begin, out); }
            return;
        }
    }
    if (phase_ != Phase::begin && is_repeated(diff)) {
        out.resize(begin);
        return;
    }
    hold(diff, head, begin, out);
    if (phase_ == Phase::begin) {
        phase_ = Phase::unverifiable;
        say(model::BookState::unverifiable, head, begin, out);
    } else if (!follows) {
        ++gaps_;
        phase_ = Phase::resyncing;
        say(model::BookState::resyncing, head, begin, out);
    }
    last_ = diff.last;
}

void BookSync::on_snapshot(std::uint64_t last, std::size_t begin, std::vector<Tick>& out) {
    if ((phase_ == Phase::valid || phase_ == Phase::bridging) && last <= last_) {  // older than what the book knows
        out.resize(begin);
        return;
    }
    phase_ = Phase::bridging;
    told_ = model::BookState::valid;  // as the end of a snapshot says
    last_ = last;
    std::deque<Held> held = std::exchange(held_, {});
    held_ticks_ = 0;
    const Tick head = out[begin];
    for (Held& one : held) {
        const std::size_t at = out.size();
        one.head.ts_init = head.ts_init;
        for (Tick& tick : one.ticks) { tick.ts_init = head.ts_init; }
        out.insert(out.end(), one.ticks.begin(), one.ticks.end());
        on_diff(one.diff, one.head, at, out);
    }
    if (phase_ == Phase::bridging) { say(model::BookState::resyncing, head, out.size(), out); }
}

void BookSync::on_restart(std::uint64_t last) {
    held_.clear();
    held_ticks_ = 0;
    last_ = last;
    phase_ = Phase::valid;
    told_ = model::BookState::valid;
}

}  // namespace walras::codec
