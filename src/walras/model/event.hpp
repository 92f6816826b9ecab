// Everything that happens is an Event: one 128-byte slot with a header and one typed payload.
//
// `ts_event` is when it happened where it happened; `ts_init` is when we knew. Events are totally ordered by
// (ts_init, source, sequence). Unused bytes are zero, so that the bytes themselves can be hashed and journalled; on
// disk each kind has its own length (payload_size).
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <tuple>
#include <type_traits>

#include "walras/core/fixed.hpp"
#include "walras/core/ids.hpp"
#include "walras/core/time.hpp"
#include "walras/model/enums.hpp"

namespace walras::model {

enum class EventKind : std::uint8_t {
    none,
    bar,
    quote,
    trade,
    book_delta,
    mark,
    order,  // a step in an order's life, from a venue or from our own gate
    timer,
    corporate_action,
    cash_flow,
    command,  // outbound only: what we sent to a venue
    start,    // inbound only: strategies start; the clock says `ts_init`
    stop,     // inbound only: the run is ended from outside, or by a strategy
};
inline constexpr EventKind last_event_kind = EventKind::stop;

// Header flags.
inline constexpr std::uint8_t flag_executable = 1;  // intents that wait for a price may use this event's
inline constexpr std::uint8_t flag_snapshot = 2;    // part of a book snapshot
inline constexpr std::uint8_t flag_last = 4;        // last event of a packet, last executable mark of a moment
inline constexpr std::uint8_t flag_internal = 8;    // made by the session itself

// `ts_event` is the bar's close, at which it is known.
struct Bar {
    TimeNs open_time{};
    Price open, high, low, close;
    double volume = 0;  // units of the instrument; NaN where the source has none
};

struct Quote {
    Price bid, ask;
    Quantity bid_size, ask_size;
};

struct Trade {
    Price price;
    Quantity size;
    TradeId trade{};
    AggressorSide aggressor = AggressorSide::none;
    std::uint8_t padding[7]{};
};

// One change of a book. Books by price know `update` (the level's new size, 0 = gone), `clear` and `state`; books by
// order know all.
enum class BookAction : std::uint8_t {
    add,     // an order arrives, last at its price
    update,  // by price: the level's size. By order: a new price or size; keeps its place where only the size shrinks
    remove,  // the order, or the level, is gone
    clear,   // both sides are empty
    reduce,  // `size` of the order is canceled; it keeps its place
    fill,    // `size` of the order traded and leaves the book
    fill_notice,  // `size` of the order traded; what that changes in the book is said by a message of its own
    state,        // no change: `order` is the BookState that holds from now on
};
std::string_view to_string(BookAction);

// Whether a book can be trusted.
enum class BookState : std::uint8_t {
    valid,         // begun with a snapshot (or an empty market) and every change since was seen
    resyncing,     // something is missing; until the next snapshot
    unverifiable,  // nobody can know: no snapshot, or a feed without sequence numbers
    halted,        // the exchange has halted trading: the book is true, and nothing trades
};
std::string_view to_string(BookState);

// A snapshot is a `clear` with flag_snapshot, then its levels or orders with flag_snapshot, the last with flag_last.
struct BookDelta {
    Price price;
    Quantity size;
    std::uint64_t order = 0;  // the venue's order id; 0 in books by price
    BookAction action = BookAction::add;
    OrderSide side = OrderSide::buy;
    std::uint8_t padding[6]{};
};

enum class MarkKind : std::uint8_t {
    open,
    close,
    last,
    settlement,
    bid,  // bid and ask value nothing: with flag_executable they price what is sold and what is bought
    ask,
};

// A price at which positions are valued, and, with flag_executable, at which a waiting intent is priced.
struct Mark {
    Price price;
    OrderId order{};  // with flag_executable: the intent that it prices; 0 = all of the instrument
    MarkKind kind = MarkKind::last;
    std::uint8_t padding[7]{};
};

// The steps of an order's life. `filled` is one execution, whole or partial; the lifecycle decides which.
enum class OrderStep : std::uint8_t {
    denied,
    emulated,
    released,
    submitted,
    accepted,
    rejected,
    triggered,
    filled,
    canceled,
    expired,
    cancel_requested,
    replace_requested,
    cancel_rejected,
    replace_rejected,
    replaced,
};
inline constexpr int order_step_count = 15;
std::string_view to_string(OrderStep);

struct OrderReport {
    OrderId order{};
    TradeId trade{};  // filled
    VenueOrderId venue_order{};
    Quantity quantity;                // filled: this execution; replaced and replace_requested: the new total
    Price price;                      // filled: execution price; replaced: new limit
    Price trigger;                    // triggered, replaced: the trigger
    Price reference;                  // filled: the price before slippage
    OrderSide side = OrderSide::buy;  // filled: which way our position moves; the ledger folds reports alone
    std::uint8_t padding[7]{};
    Money fee;  // filled: positive is paid by us
    CurrencyId fee_currency{};
    StrategyId strategy{};
    OrderStep step = OrderStep::denied;
    LiquiditySide liquidity = LiquiditySide::none;
    FillRule rule = FillRule::none;
    Reason reason = Reason::none;
    std::uint32_t revision = 0;
    PositionId position{};
};

struct Timer {
    TimerId timer{};
    StrategyId strategy{};
    std::uint8_t padding[6]{};
};

enum class CorporateActionKind : std::uint8_t { split, dividend, rename, delisting };

struct CorporateAction {
    Price amount;                // dividend: cash per unit; delisting: final price
    std::int64_t numerator = 1;  // split 7:1 -> 7 / 1
    std::int64_t denominator = 1;
    InstrumentId successor{};  // rename: the new instrument
    CurrencyId currency{};
    CorporateActionKind kind = CorporateActionKind::split;
    std::uint8_t padding[1]{};
};

enum class CashFlowKind : std::uint8_t {
    deposit,
    withdrawal,
    interest,
    borrow_fee,
    dividend,
    funding,
    settlement,
    conversion,
    cash_in_lieu
};
std::string_view to_string(CashFlowKind);

struct CashFlow {
    Money amount;  // positive is received
    CurrencyId currency{};
    StrategyId strategy{};
    AccountId account{};
    CashFlowKind kind = CashFlowKind::deposit;
    std::uint8_t padding[1]{};
    PositionId position{};  // with the event's instrument and `strategy`: the position that it belongs to
    std::uint8_t padding_end[4]{};
};

enum class CommandKind : std::uint8_t { submit, replace, cancel, price };  // price: an intent asks for one

// What left us. The terms of a submit are spread over the fields; zero where a command has no such field. An intent has
// no side and no quantity when it asks for its price.
struct Command {
    OrderId order{};
    Quantity quantity;
    Price price;
    Price trigger;
    TimeNs expire_time{};
    std::int64_t trailing_offset = 0;
    StrategyId strategy{};
    std::uint32_t revision = 0;
    CommandKind kind = CommandKind::submit;
    OrderSide side = OrderSide::buy;
    OrderType type = OrderType::market;
    TimeInForce time_in_force = TimeInForce::gtc;
    std::uint8_t flags = 0;  // 1 post_only, 2 reduce_only
    std::uint8_t padding[3]{};
};

struct alignas(16) Event {
    EventKind kind = EventKind::none;
    std::uint8_t flags = 0;
    SourceId source{};
    InstrumentId instrument{};
    TimeNs ts_event{};
    TimeNs ts_init{};
    std::uint64_t sequence = 0;
    union {
        unsigned char bytes[96];
        Bar bar;
        Quote quote;
        Trade trade;
        BookDelta delta;
        Mark mark;
        OrderReport report;
        Timer timer;
        CorporateAction action;
        CashFlow cash;
        Command command;
    };

    Event() : bytes{} {}
    // A zeroed slot with its header set.
    Event(EventKind k, InstrumentId i, TimeNs event_time, TimeNs init_time)
        : kind(k), instrument(i), ts_event(event_time), ts_init(init_time), bytes{} {}

    // The first eight bytes at once: a reader that takes them as a word (the hash) does not wait for four small stores.
    void set_header(EventKind k, std::uint8_t f, SourceId s, InstrumentId i) {
        static_assert(std::endian::native == std::endian::little);
        const std::uint64_t word = static_cast<std::uint64_t>(k) | (static_cast<std::uint64_t>(f) << 8) |
                                   (static_cast<std::uint64_t>(s.value) << 16) |
                                   (static_cast<std::uint64_t>(i.value) << 32);
        std::memcpy(static_cast<void*>(this), &word, sizeof word);
    }
    [[nodiscard]] auto order_key() const { return std::tuple{ts_init, source, sequence}; }
};
static_assert(sizeof(Event) == 128 && std::is_trivially_copyable_v<Event>);

inline constexpr std::size_t event_header_size = 32;

// Bytes of the payload of each kind; always a multiple of 8.
constexpr std::size_t payload_size(EventKind kind) {
    switch (kind) {
        case EventKind::none:
        case EventKind::start:
        case EventKind::stop: return 0;
        case EventKind::bar: return sizeof(Bar);
        case EventKind::quote: return sizeof(Quote);
        case EventKind::trade: return sizeof(Trade);
        case EventKind::book_delta: return sizeof(BookDelta);
        case EventKind::mark: return sizeof(Mark);
        case EventKind::order: return sizeof(OrderReport);
        case EventKind::timer: return sizeof(Timer);
        case EventKind::corporate_action: return sizeof(CorporateAction);
        case EventKind::cash_flow: return sizeof(CashFlow);
        case EventKind::command: return sizeof(Command);
    }
    return 0;
}

}  // namespace walras::model
