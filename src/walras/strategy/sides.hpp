// What strategies share that hold an instrument on one side or not at all: equal shares of equity, taken from what is
// free, and an order only when the side changes. Internal to the library.
#pragma once

#include "walras/strategy/library.hpp"
#include "walras/strategy/sizing.hpp"

namespace walras::strategy {

class SideStrategy : public Strategy {
public:
    explicit SideStrategy(const Parameters& p) : invested_(p.number("invested")), allow_short_(p.flag("allow_short")) {}

    void on_start(Context& context) override {
        share_ = invested_ / static_cast<double>(context.universe().size());
        prepare(context.universe().size());
    }

    void on_bars(Context& context, std::span<const ClosedBar> bars) override {
        room_ = free_share(context);
        for (const ClosedBar& bar : bars) { on_bar(context, bar); }
    }

protected:
    // State for so many instruments.
    virtual void prepare(std::size_t instruments) = 0;

    // Towards long where `up`, else flat or short; `side` is what the instrument is held on: 1, 0 or -1.
    void move(Context& context, InstrumentId instrument, bool up, int& side) {
        const int wanted = up ? 1 : (allow_short_ ? -1 : 0);
        if (wanted == side) { return; }
        side = wanted;
        context.target_percent(instrument, Rate::of(wanted * take_share(room_, wanted == 0 ? 0 : share_)));
    }

private:
    double invested_;
    bool allow_short_;
    double share_ = 0;
    double room_ = 0;  // what is free at this timestamp
};

// The schema's part of the two parameters above.
inline Parameter invested_parameter() {
    return {"invested", 0.99, 0.01, 10.0, "fraction of equity", "Sum of the sizes when every instrument is held."};
}
inline Parameter short_parameter(std::string help) { return {"allow_short", false, 0, 1, "", std::move(help)}; }

}  // namespace walras::strategy
