// News and fundamental values. Events break by chance; earnings, guidance and interest rates change fair values for
// good; sentiment decays. Fair values drift a little each tick. simulation.md §2.4.
//
// Gordon growth: fair = eps * payout * (1 + growth) / (required - growth), between 5 and 100 times eps; where the
// growth is not below the required return, or no dividend is paid, 15 times eps.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "walras/core/archive.hpp"
#include "walras/sim/view.hpp"

namespace walras::sim {

[[nodiscard]] double gordon_value(const Fundamentals& f, double required_return);

class NewsDesk {
public:
    explicit NewsDesk(const MarketConfig& config);
    NewsDesk(NewsDesk&&) noexcept;
    NewsDesk& operator=(NewsDesk&&) noexcept;
    ~NewsDesk();

    // What breaks at view.tick, and what it does: writes `news`, `fair` and `sentiment` of the view.
    void step(MarketView& view);
    // As before the first tick.
    void show(MarketView& view) const;
    // An event from outside, at the view's next tick.
    void inject(const NewsEvent& event) { injected_.push_back(event); }

    [[nodiscard]] double risk_free() const { return risk_free_; }
    [[nodiscard]] const Fundamentals& fundamentals(std::size_t symbol) const { return fundamentals_[symbol]; }

    void save(core::ArchiveWriter& out) const;
    void load(core::ArchiveReader& in);

private:
    struct Scout;
    void advance(MarketView& view);
    void drift(std::uint64_t tick);
    void break_news(MarketView& view, NewsKind kind, const NewsRate& rate);
    void take_effect(MarketView& view, NewsEvent event, double value);

    NewsConfig config_;
    std::uint64_t seed_;
    std::vector<Sector> sectors_;
    std::vector<Fundamentals> fundamentals_;
    std::vector<double> multiplier_;       // drift since the start
    std::vector<double> scale_;            // initial price / Gordon value then: symbols begin at their fair values
    std::array<std::uint64_t, 4> last_{};  // tick of each kind's last event; 0: none yet
    double risk_free_;
    std::vector<NewsEvent> injected_;
    std::unique_ptr<Scout> scout_;  // the same desk, `preview` ticks ahead; none without a preview
};

}  // namespace walras::sim
