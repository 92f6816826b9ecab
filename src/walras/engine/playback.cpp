#include "walras/engine/playback.hpp"

#include <algorithm>

#include "walras/core/check.hpp"
#include "walras/core/error.hpp"

namespace walras::engine {

using model::Event;
using model::EventKind;

// One source of the recorded run.
class Tape::Player final : public model::Venue {
public:
    explicit Player(Tape& tape) : tape_(tape) {}

    void submit(const model::Approved<model::Order>& /*order*/, TimeNs /*now*/) override { count(); }
    void replace(const model::Approved<model::Replace>& /*replace*/, TimeNs /*now*/) override { count(); }
    void cancel(OrderId /*order*/, TimeNs /*now*/) override { count(); }
    void request_price(InstrumentId /*instrument*/, OrderId /*order*/, TimeNs /*now*/) override { count(); }

    TimeNs start_time() override { return tape_.start_; }

    // Time that passes without an event of ours ends a nanosecond later than the event or the run itself, so that what
    // the session does at that very moment comes first.
    TimeNs next_time() override {
        if (tape_.stalled_) { return time_max; }
        if (tape_.is_over()) { return tape_.stop_ == time_max ? time_max : tape_.stop_ + DurationNs{1}; }
        const TimeNs t = tape_.entries_[tape_.next_].event.ts_init;
        return is_due() ? t : t + DurationNs{1};
    }

    std::size_t poll(std::span<Event> out) override {
        if (tape_.is_over() || !is_due()) {
            tape_.stalled_ = true;
            return 0;
        }
        out.front() = tape_.entries_[tape_.next_++].event;
        return 1;
    }

private:
    [[nodiscard]] bool is_due() const {
        const Entry& entry = tape_.entries_[tape_.next_];
        return entry.event.source == source() && tape_.sent_ >= entry.commands;
    }
    void count() {
        ++tape_.sent_;
        tape_.stalled_ = false;
    }

    Tape& tape_;
};

Tape::Tape(std::span<const Event> events, std::span<const codec::JournalSide> sides) {
    WALRAS_CHECK(events.size() == sides.size(), "a journal has one side for each event");
    std::size_t commands = 0;
    std::uint16_t sources = 1;
    bool started = false;
    for (std::size_t i = 0; i < events.size(); ++i) {
        const Event& event = events[i];
        if (sides[i] == codec::JournalSide::outbound) {
            commands += event.kind == EventKind::command ? 1 : 0;
        } else if (event.kind == EventKind::start) {
            started = true;
            start_ = event.ts_init;
        } else if (event.kind == EventKind::stop) {
            stop_ = event.ts_init;
        } else {
            entries_.push_back({event, commands});
            sources = std::max(sources, event.source.value);
        }
    }
    if (!started) {
        throw DataError("The journal does not say when its session started; give the whole journal of a run.");
    }
    for (std::uint16_t i = 0; i < sources; ++i) {
        venues_.push_back(players_.emplace_back(std::make_unique<Player>(*this)).get());
    }
}

Tape::~Tape() = default;

}  // namespace walras::engine
