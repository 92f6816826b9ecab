// The port to time. In a replay time is what the events say; live it is the wall clock. Nothing else knows the time.
#pragma once

#include "walras/core/ids.hpp"
#include "walras/core/time.hpp"

namespace walras::model {

class Clock {
public:
    Clock() = default;
    Clock(const Clock&) = delete;
    Clock& operator=(const Clock&) = delete;
    virtual ~Clock() = default;

    [[nodiscard]] virtual TimeNs now() const = 0;
    // Time has reached `t` (an event's ts_init). A replay clock jumps there and never goes back; a live clock ignores
    // it.
    virtual void advance_to(TimeNs t) = 0;
};

// Time as the events tell it.
class ReplayClock final : public Clock {
public:
    [[nodiscard]] TimeNs now() const override { return now_; }
    void advance_to(TimeNs t) override {
        if (t > now_) { now_ = t; }
    }

private:
    TimeNs now_ = time_min;
};

}  // namespace walras::model
