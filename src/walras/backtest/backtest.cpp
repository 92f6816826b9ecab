#include "walras/backtest/backtest.hpp"

#include "walras/core/error.hpp"

namespace walras::backtest {
namespace {

constexpr std::uint32_t progress_interval = 8192;  // timestamps

class Recorder final : public engine::Observer {
public:
    Recorder(engine::Session& session, const RunConfig& config, Result& result)
        : session_(session), config_(config), result_(result) {}

    void on_time(TimeNs now, const portfolio::Portfolio& portfolio) override {
        // Balances in a currency that has no rate yet cannot be valued: the curve begins with the first rate.
        valued_ = valued_ || portfolio.can_value();
        if (config_.record_equity && valued_) { record(now, portfolio); }
        if (++times_ % progress_interval == 0 && config_.progress) {
            stopped_ = stopped_ || !config_.progress(now, session_.event_count());
        }
    }

    void on_fill(const model::Order& order, const model::Event& event) override {
        const model::OrderReport& report = event.report;
        result_.fills.push_back({report.order, report.trade, event.instrument, order.strategy, report.position,
                                 event.ts_event, order.terms.side, report.quantity, report.price, report.reference,
                                 report.fee, report.fee_currency, report.liquidity, report.rule});
    }

    [[nodiscard]] bool stopped() const { return stopped_; }

private:
    // A timestamp that comes back (a fill at the close it was decided on) overwrites its row.
    void record(TimeNs now, const portfolio::Portfolio& portfolio) {
        Equity& out = result_.equity;
        if (!out.ts.empty() && out.ts.back() == now.ns) {
            out.equity.back() = portfolio.equity().to_double();
            out.cash.back() = portfolio.cash().to_double();
            out.gross_exposure.back() = portfolio.gross_exposure().to_double();
            return;
        }
        out.ts.push_back(now.ns);
        out.equity.push_back(portfolio.equity().to_double());
        out.cash.push_back(portfolio.cash().to_double());
        out.gross_exposure.push_back(portfolio.gross_exposure().to_double());
    }

    engine::Session& session_;
    const RunConfig& config_;
    Result& result_;
    std::uint32_t times_ = 0;
    bool valued_ = false;
    bool stopped_ = false;
};

}  // namespace

Result run(const model::Universe& universe, const Data& data, std::span<strategy::Strategy* const> strategies,
           const RunConfig& config) {
    ReplayVenue venue{universe, config.replay};
    for (const data::ActionSeries* actions : data.actions) { venue.add(*actions); }
    for (const data::QuoteSeries* quotes : data.quotes) { venue.add(*quotes); }
    for (const data::MarkSeries* marks : data.marks) { venue.add(*marks); }
    for (const data::BarSeries* bars : data.bars) { venue.add(*bars); }
    if (venue.row_count() == 0) { throw DataError("The run has no data: give at least one series with rows."); }
    if (config.from != time_min) { venue.seek(config.from); }

    model::ReplayClock clock;
    const std::array<model::Venue*, 1> venues{&venue};
    engine::Session session{universe, clock, venues, strategies, config.session};
    Result result;
    Recorder recorder{session, config, result};
    session.set_observer(&recorder);
    session.set_journal(config.journal);

    session.run_while(config.to, [&] { return !recorder.stopped(); });
    result.interrupted = recorder.stopped();
    const bool close = config.at_end != AtEnd::keep;
    if (close) {
        venue.trade_at_end(config.at_end == AtEnd::close ? ReplayVenue::EndPrice::last_close
                                                         : ReplayVenue::EndPrice::last_open);
    }
    session.finish(close);

    const portfolio::Portfolio& portfolio = session.portfolio();
    result.orders.assign(session.orders().orders().begin(), session.orders().orders().end());
    for (const model::Order& order : result.orders) {
        if (const risk::Refusal* refusal = session.orders().refusal(order.id)) {
            result.refusals.emplace_back(order.id, risk::describe(*refusal));
        }
    }
    result.positions.assign(portfolio.positions().begin(), portfolio.positions().end());
    result.cash_flows = session.cash_flows();
    result.anomalies = session.orders().anomalies();
    result.start_equity = portfolio.starting_equity();
    result.final_equity = portfolio.can_value() ? portfolio.equity() : result.start_equity;
    for (std::uint16_t i = 0; i < universe.currency_count(); ++i) {
        const Money amount = portfolio.cash(CurrencyId{i}, AccountId{});
        if (!amount.is_zero()) { result.balances.emplace_back(CurrencyId{i}, amount); }
    }
    result.explained = portfolio.explain();
    result.signature = session.signature();
    result.outbound_signature = session.outbound_signature();
    result.event_count = session.event_count();
    result.margin_calls = session.margin_calls();
    return result;
}

}  // namespace walras::backtest
