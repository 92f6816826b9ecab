#include "walras/backtest/backtest.hpp"

#include <algorithm>
#include <optional>

#include "walras/backtest/equity_curve.hpp"
#include "walras/core/error.hpp"
#include "walras/model/money.hpp"

namespace walras::backtest {
namespace {

constexpr std::size_t max_reserved_rows = 1 << 22;

bool can_value_all(const portfolio::Portfolio& portfolio) {
    const CurrencyId base = portfolio.config().base_currency;
    for (std::uint16_t i = 0; i < portfolio.account_count(); ++i) {
        if (!portfolio.can_value(AccountId{i})) { return false; }
        if (!portfolio.can_convert(portfolio.config(AccountId{i}).base_currency, base)) { return false; }
    }
    return true;
}

AccountResult account_result(const portfolio::Portfolio& portfolio, AccountId id) {
    AccountResult out;
    out.name = portfolio.config(id).name;
    out.base_currency = portfolio.config(id).base_currency;
    out.is_valued = portfolio.can_value(id);
    if (out.is_valued) {
        out.start_equity = portfolio.starting_equity(id);
        out.final_equity = portfolio.equity(id);
        out.explained = portfolio.explain(id);
    }
    for (std::uint16_t i = 0; i < portfolio.universe().currency_count(); ++i) {
        const Money amount = portfolio.cash(CurrencyId{i}, id);
        if (!amount.is_zero()) { out.balances.push_back({CurrencyId{i}, amount}); }
    }
    return out;
}

class Recorder final : public engine::Observer {
public:
    Recorder(engine::Session& session, const RunConfig& config, Result& result, std::size_t rows)
        : session_(session),
          config_(config),
          result_(result),
          curve_(result.equity, config.record_equity ? std::min(rows, max_reserved_rows) : 0),
          per_first_price_(session.portfolio().universe().size()),
          per_instrument_(1.0 / static_cast<double>(per_first_price_.size())) {}

    void on_time(TimeNs now, const portfolio::Portfolio& portfolio) override {
        // Balances in a currency that has no rate yet cannot be valued: the curve begins with the first rate.
        valued_ = valued_ || can_value_all(portfolio);
        if (config_.record_equity && valued_ && now >= next_row_) {
            record(now, portfolio);
            if (config_.equity_step.ns > 0) {
                const std::int64_t step = config_.equity_step.ns;
                next_row_ = TimeNs{(now.ns / step + 1) * step};
            }
        }
        last_ = now;
        if (++times_ % config_.progress_interval == 0 && config_.progress) {
            stopped_ = stopped_ || !config_.progress(now, session_.event_count());
        }
    }

    void on_fill(const model::Order& order, const model::Event& event) override {
        const model::OrderReport& report = event.report;
        result_.fills.push_back({report.order, report.trade, event.instrument, order.strategy, report.position,
                                 event.ts_event, order.terms.side, report.quantity, report.price, report.reference,
                                 report.fee, report.fee_currency, report.liquidity, report.rule});
    }

    void on_replaced(const model::Order& before, const model::Event& event) override {
        result_.revisions.push_back(
            {before.id, before.revision, event.ts_event, before.terms.quantity, before.terms.price});
    }

    void on_posting(const model::Event& event) override {
        has_postings_ = true;
        trades_.apply(event, session_.portfolio());
    }

    void finish() {
        // The last row says how it ended.
        if (config_.equity_step.ns > 0 && config_.record_equity && valued_ && last_ != time_min) {
            record(last_, session_.portfolio());
        }
        curve_.finish();
    }

    [[nodiscard]] const portfolio::TradeLog& trades() const { return trades_; }
    [[nodiscard]] bool stopped() const { return stopped_; }

private:
    void record(TimeNs now, const portfolio::Portfolio& portfolio) {
        if (has_postings_ || portfolio.moves_with_prices()) {
            const portfolio::Worth worth = portfolio.total_worth();
            equity_ = worth.equity.to_double();
            cash_ = worth.cash.to_double();
            gross_ = worth.gross.to_double();
            has_postings_ = false;
        }
        const std::size_t row = curve_.row(now);
        Equity& out = result_.equity;
        out.equity[row] = equity_;
        out.cash[row] = cash_;
        out.gross_exposure[row] = gross_;
        out.benchmark[row] = hold(portfolio);
    }

    double hold(const portfolio::Portfolio& portfolio) {
        double sum = 0;
        for (std::size_t i = 0; i < per_first_price_.size(); ++i) {
            const double price = portfolio.last_price(InstrumentId{static_cast<std::uint32_t>(i)}).to_double();
            if (per_first_price_[i] == 0 && price != 0) { per_first_price_[i] = 1.0 / price; }
            sum += per_first_price_[i] == 0 ? 1.0 : price * per_first_price_[i];
        }
        return sum * per_instrument_;
    }

    engine::Session& session_;
    const RunConfig& config_;
    Result& result_;
    EquityCurve curve_;
    std::vector<double> per_first_price_;  // 1 / first price by instrument; 0 before it
    double per_instrument_;
    portfolio::TradeLog trades_;
    // What the ledger was worth at the last row, and whether it has moved since; it has at the start.
    double equity_ = 0, cash_ = 0, gross_ = 0;
    bool has_postings_ = true;
    TimeNs next_row_ = time_min;
    TimeNs last_ = time_min;
    std::uint32_t times_ = 0;
    bool valued_ = false;
    bool stopped_ = false;
};

// Notionals and fees of all fills in the base currency; what cannot be converted is left out.
void add_up_fills(Result& result, const model::Universe& universe, const portfolio::Portfolio& portfolio) {
    const CurrencyId base = portfolio.config().base_currency;
    const auto in_base = [&](Money amount, CurrencyId currency) {
        return portfolio.can_convert(currency, base) ? portfolio.convert(amount, currency, base).to_double() : 0.0;
    };
    for (const FillRecord& fill : result.fills) {
        const auto& instrument = universe.at(fill.instrument);
        result.traded_value +=
            in_base(abs(model::notional(fill.price, fill.quantity, instrument)), instrument.currency);
        result.fees_paid += in_base(fill.fee, fill.fee_currency);
    }
}

}  // namespace

Result run(const model::Universe& universe, const Data& data, std::span<strategy::Strategy* const> strategies,
           const RunConfig& config) {
    ReplayVenue venue{universe, config.replay};
    for (const data::ActionSeries* actions : data.actions) { venue.add(*actions); }
    for (const data::QuoteSeries* quotes : data.quotes) { venue.add(*quotes); }
    for (const data::MarkSeries* marks : data.marks) { venue.add(*marks); }
    for (const data::BarSeries* bars : data.bars) { venue.add(*bars); }
    if (venue.row_count() == 0 && data.ticks == nullptr && data.world == nullptr) {
        throw DataError("The run has no data: give at least one series with rows.");
    }
    if (config.from != time_min) { venue.seek(config.from); }
    std::optional<BookVenue> books;
    std::optional<ReactiveVenue> market;
    std::vector<model::Venue*> venues;
    if (venue.row_count() > 0) { venues.push_back(&venue); }
    engine::SessionConfig settings = config.session;
    if (data.world != nullptr) { venues.assign(1, data.world); }
    if (data.ticks != nullptr) {
        BookVenueConfig book_config = config.books;
        book_config.fees = config.replay.fees;
        book_config.latency = config.replay.latency;
        book_config.seed = config.replay.seed;
        book_config.session_closes = config.replay.session_closes;
        if (book_config.reacts) {
            market.emplace(universe, *data.ticks, std::move(book_config));
            if (config.from != time_min) { market->seek(config.from); }
            venues.push_back(&*market);
        } else {
            books.emplace(universe, *data.ticks, std::move(book_config));
            if (config.from != time_min) { books->seek(config.from); }
            venues.push_back(&*books);
        }
        settings.venue_of_instrument.assign(universe.size(), 0);
        for (const InstrumentId id : data.ticked) { settings.venue_of_instrument[id.value] = venues.size() - 1; }
    }

    model::ReplayClock clock;
    engine::Session session{universe, clock, venues, strategies, std::move(settings)};
    Result result;
    Recorder recorder{session, config, result, venue.row_count()};
    session.set_observer(&recorder);
    session.set_journal(config.journal);

    session.run_while(config.to, [&] { return !recorder.stopped(); });
    result.interrupted = recorder.stopped();
    const bool close = config.at_end != AtEnd::keep;
    if (close) {
        venue.trade_at_end(config.at_end == AtEnd::close ? ReplayVenue::EndPrice::last_close
                                                         : ReplayVenue::EndPrice::last_open);
        if (books) { books->trade_at_end(); }
        if (market) { market->trade_at_end(); }
        if (data.end_world) { data.end_world(); }
    }
    session.finish(close);
    recorder.finish();

    const portfolio::Portfolio& portfolio = session.portfolio();
    result.orders.assign(session.orders().orders().begin(), session.orders().orders().end());
    for (const auto& [order, refusal] : session.orders().refusals()) {
        result.refusals.emplace_back(order, risk::describe(refusal));
    }
    std::ranges::stable_sort(result.refusals, {}, &std::pair<OrderId, std::string>::first);
    result.trades.assign(recorder.trades().closed().begin(), recorder.trades().closed().end());
    result.open_trades = recorder.trades().open(portfolio);
    result.positions.assign(portfolio.positions().begin(), portfolio.positions().end());
    result.cash_flows = session.cash_flows();
    result.anomalies = session.orders().anomalies();
    result.executions = session.executions().states();
    if (books) { result.notes = books->notes(); }
    if (market) {
        result.impact = market->impact();
        result.reactions = market->reactions();
    }
    for (std::uint16_t i = 0; i < portfolio.account_count(); ++i) {
        result.accounts.push_back(account_result(portfolio, AccountId{i}));
    }
    // Accounts in currencies that nothing converts are reported apart; the sum is then the first one's.
    result.final_equity = can_value_all(portfolio) ? portfolio.total_equity() : result.accounts.front().final_equity;
    const bool one_sum = can_value_all(portfolio);
    for (const AccountResult& account : result.accounts) {
        if (&account == &result.accounts.front() || one_sum) {
            result.start_equity +=
                portfolio.convert(account.start_equity, account.base_currency, result.accounts.front().base_currency);
        }
    }
    add_up_fills(result, universe, portfolio);
    result.signature = session.signature();
    result.outbound_signature = session.outbound_signature();
    result.event_count = session.event_count();
    result.margin_calls = session.margin_calls();
    return result;
}

std::vector<portfolio::stats::Statistic> statistics(const Result& result) {
    const Equity& equity = result.equity;
    if (equity.ts.empty()) { return {}; }
    portfolio::stats::Performance performance;
    performance.equity = equity.equity;
    performance.times_ns = equity.ts;
    performance.gross = equity.gross_exposure;
    performance.starting_equity = result.start_equity.to_double();
    performance.benchmark = equity.benchmark;
    performance.trades = result.trades;
    performance.open_trades = result.open_trades;
    performance.orders = result.orders.size();
    performance.fills = result.fills.size();
    performance.traded_value = result.traded_value;
    performance.fees_paid = result.fees_paid;
    const auto table = portfolio::stats::summarize(performance);
    return {table.rows().begin(), table.rows().end()};
}

}  // namespace walras::backtest
