// ReplayVenue: recorded bars and quotes as a venue. It plays the data in total order and fills our orders by stated
// rules; each fill names the rule that priced it (FillRule).
//
// One session owns a venue; the series are borrowed and shared by any number of venues. A bar is replayed in stages,
// and after every report the session may react before the next stage:
//
//   opening   at the bar's open, if anything waits: market orders fill at the open (next_open), stops and limits that
//   the
//             open gapped over fill at the open, then waiting intents are priced at it
//   ranging   at the bar's close: what its high and low reached. Worst case first: stops, then limits; or in the order
//   of
//             the assumed path (intrabar_path)
//   closing   market orders that want the close (next_close, at_the_close)
//   bars      the bar is shown to the strategies
//   closed    market orders decided on this bar fill at its close (this_close only)
//
// Orders that share a list (oco, ouo) and an instrument are linked here, so that no delay lets both trade.
//
// An intent (a size in percent, in money, a target) travels to the venue, which announces the price at which it would
// trade; the order that the session makes of it is there already. So it trades when an order with a quantity would.
//
// An order made in reaction to a fill of a stage is not filled by the same stage at a price that the strategy knew
// already. Where an instrument has quotes, they price everything and bars only inform.
#pragma once

#include <deque>
#include <optional>
#include <queue>
#include <vector>

#include "walras/backtest/slippage.hpp"
#include "walras/data/merge.hpp"
#include "walras/model/fees.hpp"
#include "walras/model/latency.hpp"
#include "walras/model/order_events.hpp"
#include "walras/model/venue.hpp"

namespace walras::backtest {

enum class FillAt : std::uint8_t { next_open, next_close, this_close, intrabar_path };

// When a resting limit inside a bar fills: when its price was reached, or only when it was passed.
enum class LimitFill : std::uint8_t { touch, cross };

struct ReplayConfig {
    FillAt fill_at = FillAt::next_open;  // instruments with closes only use next_close instead of opens and paths
    LimitFill limit_fill = LimitFill::touch;
    Rate volume_share{};            // of a bar's volume that may be traded; 0 = no limit
    bool quote_size_limits = true;  // fills take at most the displayed size, where one is given
    model::FeeModelPtr fees = model::no_fees();
    SlippageModelPtr slippage = no_slippage();
    model::LatencyModelPtr latency = model::no_latency();
    bool quotes_slip = true;             // slippage also on fills against quotes, which carry their spread already
    std::uint64_t seed = 0;              // of sampled latencies
    std::vector<TimeNs> session_closes;  // sorted; ends of DAY orders. Empty: each UTC day ends one session
};

class ReplayVenue final : public model::Venue {
public:
    ReplayVenue(const model::Universe& universe, ReplayConfig config);

    // Everything before the first poll. The series must outlive the venue.
    void add(const data::BarSeries& bars);
    void add(const data::QuoteSeries& quotes);
    void add(const data::MarkSeries& marks);
    void add(const data::ActionSeries& actions);
    void seek(TimeNs from) { merge_.seek(from); }

    void submit(const model::Approved<model::Order>& order, TimeNs now) override;
    void replace(const model::Approved<model::Replace>& replace, TimeNs now) override;
    void cancel(OrderId order, TimeNs now) override;
    void request_price(InstrumentId instrument, OrderId order, TimeNs now) override;
    [[nodiscard]] TimeNs start_time() override;
    [[nodiscard]] TimeNs next_time() override;
    std::size_t poll(std::span<model::Event> out) override;

    // From now on market orders fill at once at the last close (or the last open) of their instrument: end_of_data.
    enum class EndPrice : std::uint8_t { last_close, last_open };
    void trade_at_end(EndPrice price) { end_price_ = price; }

    [[nodiscard]] std::size_t row_count() const { return merge_.row_count(); }

private:
    enum class Stage : std::uint8_t { idle, opening, ranging, closing, quoting, bars, closed };

    struct VenueOrder {
        OrderId id{};
        StrategyId strategy{};
        PositionId position{};
        model::OrderTerms terms;
        OrderListId list{};
        model::Contingency contingency = model::Contingency::none;
        std::uint32_t revision = 0;
        Quantity filled{};
        TimeNs expire{};
        bool triggered = false;   // a stop that has become a market or limit order
        bool marketable = false;  // a limit that would have traded on arrival: it takes
        bool mid_bar = false;     // arrived while the current bar's range was being traded
        Price best{};             // trailing: the best price since it arrived
        [[nodiscard]] Quantity leaves() const { return terms.quantity - filled; }
        [[nodiscard]] bool is_buy() const { return terms.side == model::OrderSide::buy; }
    };
    struct Held {
        StrategyId strategy{};
        PositionId position{};
        Quantity quantity{};
    };
    struct Market {                         // what the venue knows of one instrument
        std::optional<std::uint32_t> bars;  // handle in the merge
        bool has_quotes = false;
        bool closes_only = false;
        bool opened = false;                      // the coming bar's opening is done
        const data::TimedBar* last = nullptr;     // the last bar shown
        const data::TimedBar* current = nullptr;  // the bar being traded
        model::Quote quote{};                     // sizes shrink as they are taken
        bool quoted = false;
        Price last_price{};
        std::vector<OrderId> wanted;        // intents that wait for a price
        std::vector<std::uint32_t> orders;  // slots, in the order of arrival
        Quantity volume_left{};             // of the current bar
        // intrabar_path: where on the path of the current bar we are
        int leg = 0;
        Price at{};
        std::vector<Held> held;  // what our fills add up to
    };
    struct Message {
        TimeNs arrival{};
        std::uint64_t number = 0;
        std::uint64_t heard = 0;  // sequence of the last report that the session had when it sent this
        enum class Kind : std::uint8_t { submit, replace, cancel, price } kind = Kind::submit;
        model::Order order{};  // price: its id and instrument
        model::Replace change{};
        bool operator<(const Message& other) const {
            return arrival != other.arrival ? arrival > other.arrival : number > other.number;
        }
    };
    struct Later {
        bool operator()(const model::Event& a, const model::Event& b) const {
            return a.ts_init != b.ts_init ? a.ts_init > b.ts_init : a.sequence > b.sequence;
        }
    };
    struct Fill {
        Price reference{};
        Quantity quantity{};
        model::FillRule rule{};
        model::LiquiditySide liquidity = model::LiquiditySide::taker;
        bool slips = true;
    };

    // the clockwork
    [[nodiscard]] TimeNs exchange_time();
    [[nodiscard]] TimeNs next_opening();
    std::size_t advance(std::span<model::Event> out);
    void begin_next();
    void begin_stage(Stage stage);
    // No order, no intent and no report is under way.
    [[nodiscard]] bool is_quiet() const {
        return waiting_.empty() && stage_ == Stage::idle && outbox_.empty() && inbox_.empty();
    }
    void take_slice();
    void begin_quiet_slice();
    [[nodiscard]] TimeNs arrival_of(std::uint64_t message, TimeNs now);
    std::size_t show_next(std::span<model::Event> out);
    std::size_t show_bars(std::span<model::Event> out);
    std::size_t show_slice(std::span<model::Event> out);
    model::Event& begin_event(model::Event& event, model::EventKind kind, std::uint8_t flags, InstrumentId instrument,
                              TimeNs ts);
    static void end_bar(Market& market, const data::TimedBar* bar);
    void end_slice();
    bool run_opening();
    bool run_ranging();
    bool run_closing();
    bool run_quoting();
    static void set_quote(Market& market, const model::Quote& quote);
    bool run_closed();
    bool run_end();
    [[nodiscard]] bool has_work_at_close() const;
    void pass_open(Market& market, TimeNs now);

    // messages
    void receive(const Message& message);
    void accept(const model::Order& order, std::uint64_t heard);
    void apply_replace(const model::Replace& change, std::uint64_t heard);
    void apply_cancel(OrderId id);
    void want_price(InstrumentId instrument, OrderId intent);
    [[nodiscard]] bool quote_is_coming(InstrumentId instrument) const;
    std::uint32_t store(const VenueOrder& order);
    void remove(std::uint32_t slot, Market& market);
    void expire_until(TimeNs t);

    // linked orders
    bool limit_leaves(std::uint32_t slot, Market& market, Quantity leaves);
    bool catch_up_with_siblings(std::uint32_t slot, Market& market, std::uint64_t heard);
    void report_linked_fill(const VenueOrder& filled, Market& market, model::Event& event);

    // fills
    bool fill_at_point(Market& market, Price price, model::FillRule market_rule, bool only_point);
    bool fill_range(Market& market);
    bool fill_path(Market& market);
    bool fill_market_orders(Market& market, Price price, model::FillRule rule, bool at_close);
    bool fill_quote(Market& market);
    bool try_quote(VenueOrder& order, std::uint32_t slot, Market& market);
    void try_standing_quote(std::uint32_t slot, Market& market);
    [[nodiscard]] bool is_marketable(const VenueOrder& order, const Market& market) const;
    bool execute(std::uint32_t slot, Market& market, Fill fill);
    void trigger(VenueOrder& order, Price price);
    void refuse_to_take(std::uint32_t slot, Market& market);
    void move_trailing(VenueOrder& order, Price favourable) const;
    void move_trailing_stops(Market& market, Price high, Price low);
    void end_immediate(Market& market, bool after_open);
    [[nodiscard]] bool eligible(const VenueOrder& order) const { return order.id <= stage_last_id_; }
    [[nodiscard]] Quantity within_volume(const VenueOrder& order, Market& market) const;
    [[nodiscard]] static Quantity& held(const VenueOrder& order, Market& market);
    void change_positions(InstrumentId instrument, const model::CorporateAction& action);
    [[nodiscard]] bool is_market_like(const VenueOrder& order) const;
    [[nodiscard]] FillAt fill_at(const Market& market) const;

    // reports
    void report(const VenueOrder& order, model::OrderStep step, model::Reason reason = model::Reason::none);
    void reject(OrderId id, InstrumentId instrument, StrategyId strategy, model::OrderStep step, model::Reason reason);
    void push_report(model::Event& event);
    bool announce_prices(model::MarkKind kind);
    bool announce_quotes();
    void push_mark(InstrumentId instrument, model::MarkKind kind, Price price, OrderId intent, bool is_last);

    const model::Universe& universe_;
    ReplayConfig config_;
    data::Merge merge_;
    static constexpr data::Slice no_slice{};
    const data::Slice* slice_ = &no_slice;  // the merge's own, valid until its next step
    std::size_t shown_ = 0;                 // events of the slice that were shown
    std::vector<Market> markets_;
    std::deque<VenueOrder> orders_;  // by slot; those of `free_slots_` are over
    std::vector<std::uint32_t> free_slots_;
    std::vector<std::uint32_t> slot_of_;  // by order id; no_slot where final or unknown
    std::vector<InstrumentId> waiting_;   // instruments that have an order or want a price
    std::priority_queue<Message> inbox_;
    std::priority_queue<model::Event, std::vector<model::Event>, Later> outbox_;
    model::LinkedFills links_;
    std::vector<InstrumentId> playing_;  // instruments of the current stage
    Stage stage_ = Stage::idle;
    TimeNs now_ = time_min;    // the exchange's time
    TimeNs start_ = time_min;  // when it began
    TimeNs next_expiry_ = time_max;
    TimeNs last_arrival_ = time_min;  // of a command at the venue
    TimeNs last_report_ = time_min;   // ... of a report at the session
    OrderId last_id_{};               // newest id that the venue has heard of
    OrderId stage_last_id_{};         // ... when the stage began
    std::optional<EndPrice> end_price_;
    Money traded_{};
    std::uint64_t messages_ = 0;
    std::uint64_t heard_ = 0;  // sequence of the last report that the session has
    std::uint64_t sequence_ = 0;
    std::uint64_t trades_ = 0;
    std::size_t quote_cursor_ = 0;
    OrderId close_last_id_{};      // this_close: newest id when the closed stage of the slice first ran
    bool after_close_ = false;     // this_close: the last slice's close still trades
    bool quote_taken_ = false;     // quoting: the quote under the cursor is the standing one
    int price_rounds_ = 0;         // how often this stage has announced prices
    bool quote_wanted_ = false;    // an intent of an instrument with quotes has come for its price
    std::vector<OrderId> priced_;  // intents of the last announcement: their orders need not travel
};

}  // namespace walras::backtest
