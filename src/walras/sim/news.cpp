#include "walras/sim/news.hpp"

#include <algorithm>
#include <cmath>

#include "walras/core/random.hpp"

namespace walras::sim {
namespace {

// Streams of draws; those of groups come from their names.
constexpr std::uint32_t drift_stream = 0x6e657701;
constexpr std::uint32_t event_stream = 0x6e657702;
constexpr double central_rate = .04;

double between(core::Random& random, double least, double most) { return least + (most - least) * random.uniform(); }

}  // namespace

double gordon_value(const Fundamentals& f, double required_return) {
    const double dividend = f.eps * f.payout * (1 + f.growth);
    if (required_return <= f.growth || dividend <= 0) { return 15 * f.eps; }
    return std::clamp(dividend / (required_return - f.growth), 5 * f.eps, 100 * f.eps);
}

// What happens later follows from the same draws; what is injected later nobody knows.
struct NewsDesk::Scout {
    explicit Scout(const MarketConfig& config) : desk(config) {
        view.symbols.resize(config.symbols.size());
        for (const SymbolConfig& symbol : config.symbols) { view.sectors.push_back(symbol.sector); }
    }
    SignalBoard signals{0};
    MarketView view{signals};
    NewsDesk desk;
};

NewsDesk::NewsDesk(NewsDesk&&) noexcept = default;
NewsDesk& NewsDesk::operator=(NewsDesk&&) noexcept = default;
NewsDesk::~NewsDesk() = default;

NewsDesk::NewsDesk(const MarketConfig& config)
    : config_(config.news),
      seed_(config.seed),
      multiplier_(config.symbols.size(), 1.0),
      risk_free_(config.news.risk_free) {
    sectors_.reserve(config.symbols.size());
    fundamentals_.reserve(config.symbols.size());
    scale_.reserve(config.symbols.size());
    for (const SymbolConfig& symbol : config.symbols) {
        sectors_.push_back(symbol.sector);
        fundamentals_.push_back(symbol.fundamentals);
        scale_.push_back(symbol.initial_price.to_double() /
                         gordon_value(symbol.fundamentals, risk_free_ + config_.equity_premium));
    }
    if (config_.enabled && config_.preview > 0) {
        MarketConfig ahead = config;
        ahead.news.preview = 0;
        scout_ = std::make_unique<Scout>(ahead);
        for (std::uint32_t i = 0; i < config_.preview; ++i) {
            ++scout_->view.tick;
            scout_->desk.advance(scout_->view);
        }
        scout_->desk.show(scout_->view);
    }
}

void NewsDesk::show(MarketView& view) const {
    for (std::size_t s = 0; s < fundamentals_.size(); ++s) {
        view.symbols[s].fair =
            scale_[s] * multiplier_[s] * gordon_value(fundamentals_[s], risk_free_ + config_.equity_premium);
        view.symbols[s].fair_ahead = scout_ ? scout_->view.symbols[s].fair : view.symbols[s].fair;
        double sentiment = 0;
        for (const NewsEvent& event : view.news) {
            if (event.concerns(static_cast<std::uint32_t>(s), sectors_[s])) {
                sentiment += event.sentiment * event.weight(view.tick);
            }
        }
        view.symbols[s].sentiment = std::clamp(sentiment, -1.0, 1.0);
    }
}

void NewsDesk::step(MarketView& view) {
    if (scout_) {
        ++scout_->view.tick;
        scout_->desk.advance(scout_->view);
        scout_->desk.show(scout_->view);
    }
    advance(view);
    for (NewsEvent& event : injected_) {
        event.tick = view.tick;
        view.news.push_back(event);
    }
    injected_.clear();
    show(view);
}

void NewsDesk::advance(MarketView& view) {
    std::erase_if(view.news, [&](const NewsEvent& event) { return event.weight(view.tick) <= 0; });
    if (!config_.enabled) { return; }
    drift(view.tick);
    break_news(view, NewsKind::earnings, config_.earnings);
    break_news(view, NewsKind::guidance, config_.guidance);
    break_news(view, NewsKind::rate, config_.rate);
    break_news(view, NewsKind::sector, config_.sector);
}

void NewsDesk::drift(std::uint64_t tick) {
    const bool has_shocks = config_.shock_chance > 0;
    if (config_.drift <= 0 && config_.volatility <= 0 && config_.reversion <= 0 && !has_shocks) { return; }
    for (std::uint32_t s = 0; s < multiplier_.size(); ++s) {
        core::Random random({seed_, drift_stream, s, tick});
        double m = multiplier_[s] * (1 + between(random, -config_.drift, config_.drift));
        m += config_.reversion * (1 - m);
        if (config_.volatility > 0) { m += config_.volatility * random.normal(); }
        if (has_shocks && random.uniform() < config_.shock_chance) {
            const double size = config_.shock_mean + config_.shock_deviation * random.normal();
            m += random.uniform() < .5 ? size : -size;
        }
        multiplier_[s] = std::clamp(m, config_.least_multiple, config_.most_multiple);
    }
}

// The value is drawn before the symbol.
void NewsDesk::break_news(MarketView& view, NewsKind kind, const NewsRate& rate) {
    const auto number = static_cast<std::uint32_t>(kind);
    core::Random random({seed_, event_stream, number, view.tick});
    if (random.uniform() >= rate.chance) { return; }
    std::uint64_t& last = last_[number];
    if (last != 0 && view.tick - last < rate.interval) { return; }
    last = view.tick;
    NewsEvent event{.kind = kind,
                    .magnitude = between(random, rate.least, rate.most),
                    .tick = view.tick,
                    .duration = rate.duration};
    double value = 0;
    switch (kind) {
        case NewsKind::earnings:
            value = between(random, -.15, .15);
            event.sentiment = std::copysign(std::sqrt(std::abs(value)), value);
            break;
        case NewsKind::guidance:
            value = between(random, -.02, .07);
            event.sentiment = std::clamp((value - .025) / .045, -1.0, 1.0);
            break;
        case NewsKind::rate:
            value = central_rate + between(random, -.0025, .0025);
            event.sentiment = -(value - risk_free_) * 1e4 / 50;
            break;
        case NewsKind::sector: event.sentiment = between(random, -1, 1); break;
    }
    if (kind == NewsKind::sector) {
        // One of the sectors that the market has.
        event.sector = sectors_[random.below(sectors_.size())];
    } else if (kind != NewsKind::rate) {
        event.symbol = static_cast<std::uint32_t>(random.below(sectors_.size()));
        event.sector = sectors_[event.symbol];
    }
    take_effect(view, event, value);
}

void NewsDesk::take_effect(MarketView& view, NewsEvent event, double value) {
    switch (event.kind) {
        case NewsKind::earnings: fundamentals_[event.symbol].eps *= 1 + value; break;
        case NewsKind::guidance: fundamentals_[event.symbol].growth = value; break;
        case NewsKind::rate: risk_free_ = value; break;
        case NewsKind::sector: break;
    }
    view.news.push_back(event);
}

void NewsDesk::save(core::ArchiveWriter& out) const {
    out.array(fundamentals_);
    out.array(multiplier_);
    out.value(last_);
    out.value(risk_free_);
    out.array(injected_);
    if (!scout_) { return; }
    out.value(scout_->view.tick);
    out.array(scout_->view.news);
    scout_->desk.save(out);
}

void NewsDesk::load(core::ArchiveReader& in) {
    in.array(fundamentals_);
    in.array(multiplier_);
    in.value(last_);
    in.value(risk_free_);
    in.array(injected_);
    if (!scout_) { return; }
    in.value(scout_->view.tick);
    in.array(scout_->view.news);
    scout_->desk.load(in);
    scout_->desk.show(scout_->view);
}

}  // namespace walras::sim
