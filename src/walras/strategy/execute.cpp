#include <utility>

#include "walras/strategy/library.hpp"

namespace walras::strategy {
namespace {

using model::ExecutionAlgorithm;
using model::OrderSide;

struct Schedule {
    model::ExecutionRequest request;
    double quantity, min_clip, max_clip, display;  // units
    double limit_bps, start_after, every;
    bool alternate;
};

DurationNs seconds_of(double s) { return {static_cast<std::int64_t>(s * 1e9)}; }

// Gives every instrument a parent order at a time, or again and again.
class Execute final : public Strategy {
public:
    explicit Execute(Schedule schedule) : schedule_(std::move(schedule)) {}

    void on_start(Context& context) override {
        next_round_.assign(context.universe().size(), 0);
        context.wake_after(seconds_of(schedule_.start_after));
    }

    void on_timer(Context& context, TimerId) override {
        bool waits = false;
        for (const auto& instrument : context.universe()) {
            std::uint64_t& next = next_round_[instrument.id.value];
            if (next > round_) { continue; }
            if (context.last_price(instrument.id).is_zero()) {  // no market yet
                waits = true;
                continue;
            }
            start(context, instrument, round_);
            next = round_ + 1;
        }
        if (schedule_.every > 0) {
            ++round_;
            context.wake_after(seconds_of(schedule_.every));
        } else if (waits) {
            context.wake_after(seconds(1));
        }
    }

private:
    void start(Context& context, const model::Instrument& instrument, std::uint64_t round) const {
        model::ExecutionRequest request = schedule_.request;
        request.instrument = instrument.id;
        request.quantity = instrument.quantity_from_units(schedule_.quantity);
        request.min_clip = std::max(Quantity{1}, instrument.floor_units(schedule_.min_clip));
        request.max_clip = instrument.floor_units(schedule_.max_clip);
        request.display = schedule_.display > 0 ? instrument.quantity_from_units(schedule_.display)
                                                : Quantity{(request.quantity.lots + 9) / 10};
        request.seed += round;
        if (schedule_.alternate && round % 2 == 1) { request.side = model::opposite(request.side); }
        if (schedule_.limit_bps > 0) {
            const double bps = schedule_.limit_bps * static_cast<double>(model::sign(request.side));
            request.limit = Price::of(context.last_price(instrument.id).to_double() * (1 + bps / 1e4));
        }
        context.execute(request);
    }

    Schedule schedule_;
    std::vector<std::uint64_t> next_round_;  // by instrument
    std::uint64_t round_ = 0;
};

std::unique_ptr<Strategy> make_execute(const Parameters& p) {
    Schedule s;
    model::ExecutionRequest& r = s.request;
    r.algorithm = *model::parse_execution_algorithm(p.text("algorithm"));
    r.side = *model::parse_order_side(p.text("side"));
    const bool is_iceberg = r.algorithm == ExecutionAlgorithm::iceberg;
    r.urgency = is_iceberg ? model::Urgency::passive : *model::parse_urgency(p.text("urgency"));
    r.duration = seconds_of(p.number("duration"));
    r.sweep = p.flag("sweep") && r.algorithm != ExecutionAlgorithm::pov;
    r.slices = p.integer("slices");
    r.randomize = p.number("randomize");
    r.seed = static_cast<std::uint64_t>(p.integer("seed"));
    r.rate = p.number("rate");
    s.quantity = p.number("quantity");
    s.min_clip = p.number("min_clip");
    s.max_clip = p.number("max_clip");
    s.display = p.number("display");
    s.limit_bps = p.number("limit_bps");
    s.start_after = p.number("start_after");
    s.every = p.number("every");
    s.alternate = p.flag("alternate");
    return std::make_unique<Execute>(std::move(s));
}

}  // namespace

Description describe_execute() {
    return {
        "execute",
        "Execution algorithm",
        "Buys or sells a quantity of every instrument by one algorithm: twap (equal slices at equal intervals), vwap "
        "(slices as large as the volume of the same minutes so far), pov (a part of what the market trades) or "
        "iceberg (shows a part of it at a time). Judge it by its implementation shortfall: average price against "
        "the mid at the start (Perold 1988).",
        {{"algorithm", std::string{"twap"}, 0, 0, "", "How it is worked.", {"twap", "vwap", "pov", "iceberg"}},
         {"side", std::string{"buy"}, 0, 0, "", "What is done.", {"buy", "sell"}},
         {"quantity", 1.0, 1e-9, 1e12, "units", "How much, of each instrument."},
         {"duration", 600.0, 0.001, 1e8, "s", "How long it may take."},
         {"start_after", 0.0, 0.0, 1e8, "s", "Wait before the first one."},
         {"every", 0.0, 0.0, 1e8, "s", "Time from one to the next; 0: only one."},
         {"alternate", false, 0, 1, "", "Every second one is on the other side."},
         {"urgency", std::string{"passive"}, 0, 0, "", "Rest at the near touch, or take.", {"passive", "aggressive"}},
         {"sweep", true, 0, 1, "", "At the end what is left takes what is there; pov never does."},
         {"limit_bps", 0.0, 0.0, 10'000.0, "bps", "No trade further from the price at the start; 0: no limit."},
         {"slices", std::int64_t{10}, 1, 100'000, "slices", "twap, vwap: how many."},
         {"randomize", 0.0, 0.0, 1.0, "fraction", "twap: a slice comes later by up to this part of the interval."},
         {"seed", std::int64_t{0}, 0, 1e9, "", "twap: of the random delays."},
         {"rate", 0.1, 0.001, 1.0, "fraction", "pov: of the volume that others trade."},
         {"min_clip", 0.0, 0.0, 1e12, "units", "pov: smallest child order; 0: one lot."},
         {"max_clip", 0.0, 0.0, 1e12, "units", "pov: most at work at once; 0: a twentieth of the quantity."},
         {"display", 0.0, 0.0, 1e12, "units", "iceberg: what it shows; 0: a tenth of the quantity."}},
        make_execute};
}

}  // namespace walras::strategy
