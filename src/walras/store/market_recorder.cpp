#include "walras/store/market_recorder.hpp"

#include <array>
#include <utility>

#include "walras/core/hash.hpp"

namespace walras::store {

namespace {

constexpr std::int64_t one_share = 1'000'000'000;

RunDescription describe(const sim::Market& market, RunDescription run) {
    run.kind = "simulation";
    run.seed = market.config().seed;
    run.start = market.now();
    run.first_tick = market.tick() + 1;
    for (const sim::SymbolConfig& symbol : market.config().symbols) {
        run.symbols.push_back(
            {symbol.name, std::string(sim::to_string(symbol.sector)), symbol.tick_size.raw, one_share});
    }
    return run;
}

// The tape counts owners from 1 and the crowd as 0.
std::int64_t actor(std::uint32_t owner) { return std::int64_t{owner} - 1; }

RecordedTrade recorded(std::uint32_t symbol, const sim::TapeTrade& t) {
    RecordedTrade out;
    out.tick = t.tick;
    out.symbol = symbol;
    out.price = t.price;
    out.quantity = t.lots;
    const bool buyer_took = t.aggressor == model::OrderSide::buy;
    out.buyer = actor(buyer_took ? t.taker_owner : t.maker_owner);
    out.seller = actor(buyer_took ? t.maker_owner : t.taker_owner);
    out.side = buyer_took ? std::int8_t{1} : std::int8_t{-1};
    return out;
}

std::string_view word(sim::NewsKind kind) {
    constexpr std::array words{"earnings", "guidance", "rate", "sector"};
    return words[static_cast<std::size_t>(kind)];
}

}  // namespace

MarketRecorder::MarketRecorder(const sim::Market& market, std::filesystem::path path, RunDescription run,
                               const MarketRecorderOptions& options)
    : market_(market),
      options_(options),
      recorder_(std::move(path), describe(market, std::move(run)), options.recorder) {}

void MarketRecorder::on_trades(std::uint32_t symbol, std::span<const sim::TapeTrade> trades) {
    const bool is_call = market_.config().mechanism != sim::Mechanism::continuous;
    for (const sim::TapeTrade& trade : trades) {
        trades_.push_back(recorded(symbol, trade));
        if (is_call) { trades_.back().side = 0; }
    }
}

void MarketRecorder::on_tick(const sim::MarketView& view, const sim::TickCounts& /*counts*/) {
    for (RecordedTrade& trade : trades_) { trade.ts = view.now; }
    recorder_.add_trades(trades_);
    trades_.clear();
    add_news(view);
    if (options_.book_ticks > 0 && view.tick % options_.book_ticks == 0) { add_books(view); }
    if (options_.portfolio_ticks > 0 && view.tick % options_.portfolio_ticks == 0) { add_portfolios(view); }
    recorder_.end_tick(view.tick, view.now);
}

void MarketRecorder::add_news(const sim::MarketView& view) {
    for (auto event = view.news.rbegin(); event != view.news.rend() && event->tick >= view.tick; ++event) {
        std::string subject;
        switch (event->kind) {
            case sim::NewsKind::earnings:
            case sim::NewsKind::guidance: subject = market_.config().symbols[event->symbol].name; break;
            case sim::NewsKind::sector: subject = sim::to_string(event->sector); break;
            case sim::NewsKind::rate: break;
        }
        recorder_.add_news(
            view.tick, view.now,
            {std::string(word(event->kind)), subject, event->sentiment, event->magnitude, event->duration});
    }
}

void MarketRecorder::add_books(const sim::MarketView& view) {
    const auto levels = [&](std::uint32_t s, model::OrderSide side, std::vector<RecordedLevel>& out) {
        const std::int64_t tick = market_.config().symbols[s].tick_size.raw;
        out.clear();
        for (const book::DepthLevel& level : market_.symbol(s).engine().depth(side, options_.levels)) {
            out.push_back({level.price.raw / tick, level.quantity.lots, level.orders});
        }
    };
    for (std::uint32_t s = 0; s < view.symbols.size(); ++s) {
        levels(s, model::OrderSide::buy, bids_);
        levels(s, model::OrderSide::sell, asks_);
        recorder_.add_book(view.tick, view.now, s, bids_, asks_);
    }
}

void MarketRecorder::add_portfolios(const sim::MarketView& view) {
    const sim::Population& population = market_.population();
    for (const sim::Group& group : population.groups) {
        for (sim::Agent agent = group.begin; agent < group.end; ++agent) {
            const auto holdings = population.holdings_of(group, agent);
            positions_.clear();
            for (std::uint32_t h = 0; h < holdings.size(); ++h) {
                if (holdings[h].position == 0) { continue; }
                positions_.push_back({group.symbol_of(agent, h), static_cast<double>(holdings[h].position)});
            }
            recorder_.add_portfolio(view.tick, view.now, agent, group.name, population.purses[agent].cash.to_double(),
                                    market_.equity(agent).to_double(), positions_);
        }
    }
}

void MarketRecorder::finish(std::string_view state, std::string_view summary) {
    recorder_.finish(state, core::format_hash(market_.signature()), summary);
}

}  // namespace walras::store
