// Strategies that judge each instrument alone and say which side of it to be on: one order on each change of side.
//
// A Judge is made from the parameters, one an instrument. `std::int8_t side(double high, double low, double close)`
// takes a completed bar and answers long (+1), flat (0) or short (-1); what it answers before it is ready is what it
// began with, flat. A judge that looks at closes alone says so (`closes_only`), and a sweep runs it without events.
#pragma once

#include <utility>

#include "walras/strategy/library.hpp"
#include "walras/strategy/sizing.hpp"

namespace walras::strategy {

// The parameters that all of them have.
inline std::vector<Parameter> with_sizes(std::vector<Parameter> own, const char* short_help) {
    own.push_back(
        {"invested", 0.99, 0.01, 10.0, "fraction of equity", "Sum of the sizes when every instrument is held."});
    own.push_back({"allow_short", false, 0, 1, "", short_help});
    return own;
}
inline constexpr const char* equal_share =
    " Each instrument may take an equal share of equity, as far as that is free.";

template <class Judge>
class Sides final : public Strategy {
public:
    Sides(const Judge& judge, double invested, bool allow_short)
        : judge_(judge), invested_(invested), allow_short_(allow_short) {}

    void on_start(Context& context) override {
        const std::size_t n = context.universe().size();
        state_.assign(n, {judge_, 0});
        share_ = invested_ / static_cast<double>(n);
    }

    void on_bars(Context& context, std::span<const ClosedBar> bars) override {
        room_ = free_share(context);
        for (const ClosedBar& bar : bars) { on_bar(context, bar); }
    }

    void on_bar(Context& context, const ClosedBar& bar) override {
        State& state = state_[bar.instrument.value];
        std::int8_t wanted = 0;
        if constexpr (Judge::closes_only) {
            const double close = bar.bar.close.to_double();
            wanted = state.judge.side(close, close, close);
        } else {
            wanted = state.judge.side(bar.bar.high.to_double(), bar.bar.low.to_double(), bar.bar.close.to_double());
        }
        if (wanted < 0 && !allow_short_) { wanted = 0; }
        if (wanted == state.side) { return; }
        state.side = wanted;
        context.target_percent(bar.instrument, Rate::of(wanted * take_share(room_, wanted == 0 ? 0 : share_)));
    }

private:
    struct State {
        Judge judge;
        std::int8_t side;
    };
    Judge judge_;
    double invested_;
    bool allow_short_;
    double share_ = 0;
    double room_ = 0;  // what is free at this timestamp
    std::vector<State> state_;
};

inline double equal_invested(const Parameters& p, std::size_t instruments) {
    return p.number("invested") / static_cast<double>(instruments);
}

// The vector form of a judge of closes: the loop over them.
template <class Judge>
std::optional<VectorForm> vector_form_of(Judge (*make)(const Parameters&)) {
    if constexpr (!Judge::closes_only) {
        return std::nullopt;
    } else {
        return VectorForm{
            [make](const Parameters& p, const features::IndicatorCache& cache, std::vector<SideChange>& changes) {
                Judge judge = make(p);
                const bool allow_short = p.flag("allow_short");
                const std::span<const double> closes = cache.closes();
                std::int8_t side = 0;
                for (std::size_t row = 0; row < closes.size(); ++row) {
                    std::int8_t wanted = judge.side(closes[row], closes[row], closes[row]);
                    if (wanted < 0 && !allow_short) { wanted = 0; }
                    if (wanted == side) { continue; }
                    side = wanted;
                    changes.push_back({static_cast<std::uint32_t>(row), side});
                }
            },
            equal_invested};
    }
}

template <class Judge>
Description describe_sides(std::string name, std::string title, std::string theory, std::vector<Parameter> own,
                           const char* short_help, Judge (*make)(const Parameters&)) {
    return {std::move(name),
            std::move(title),
            std::move(theory) + equal_share,
            with_sizes(std::move(own), short_help),
            [make](const Parameters& p) {
                return std::make_unique<Sides<Judge>>(make(p), p.number("invested"), p.flag("allow_short"));
            },
            vector_form_of(make)};
}

}  // namespace walras::strategy
