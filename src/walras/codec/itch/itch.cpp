#include "walras/codec/itch/itch.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "walras/codec/itch/messages.hpp"
#include "walras/codec/resting_orders.hpp"
#include "walras/codec/whole_units.hpp"

namespace walras::codec::itch {

using model::AggressorSide;
using model::BookAction;
using model::EventKind;
using model::OrderSide;
using model::Tick;

namespace {

static_assert(max_size == RestingOrder::max_size);

constexpr AggressorSide taker_of(OrderSide resting) {
    return resting == OrderSide::buy ? AggressorSide::seller : AggressorSide::buyer;
}

class Decoder final : public TickDecoder {
public:
    explicit Decoder(TickOptions options)
        : reader_(std::move(options)), units_(reader_.options().lot_size, reader_.options().source) {}

    std::size_t decode(std::span<const std::byte> bytes, bool is_end, std::vector<Tick>& out) override {
        out.reserve(std::max(out.capacity(), chunk + 2));
        out_ = &out;
        return reader_.read(bytes, is_end, *this);
    }
    [[nodiscard]] const std::vector<std::string>& symbols() const override { return reader_.symbols(); }

    // ---- what the reader calls
    static constexpr int looks = 1;
    static constexpr bool wants_looks() { return true; }
    template <int>
    [[gnu::always_inline]] void look(const std::byte* m, std::uint32_t) const {
        orders_.prefetch(load_big64(m + 11));
    }
    [[nodiscard]] bool room() const { return out_->size() < chunk; }

    void on_add(const Message& m, std::uint64_t id, OrderSide side, std::uint32_t size, std::uint32_t price) {
        orders_.put(RestingOrder::of(id, price, size, side));
        delta(m, BookAction::add, id, side, price, size, model::flag_last);
    }
    void on_execute(const Message& m, std::uint64_t id, std::uint32_t size, std::optional<std::uint32_t> price,
                    bool is_printed) {
        const RestingOrder order = orders_.take(id, size);
        const std::uint32_t paid = price.value_or(order.price);
        // Of an order from before the file began, ITCH says no price: the book will count it as unknown.
        if (is_printed && (order.id != 0 || price)) {
            Tick& tick = begin(m, EventKind::trade, 0);
            tick.trade.price = Price{paid * price_unit};
            tick.trade.size = units_.to_lots(size, m.number);
            tick.trade.trade = TradeId{m.match()};
            tick.trade.aggressor = order.id != 0 ? taker_of(order.side()) : AggressorSide::none;
        }
        delta(m, BookAction::fill, id, order.side(), paid, size, model::flag_last);
    }
    void on_reduce(const Message& m, std::uint64_t id, std::uint32_t size) {
        const RestingOrder order = orders_.take(id, size);
        delta(m, BookAction::reduce, id, order.side(), order.price, size, model::flag_last);
    }
    void on_remove(const Message& m, std::uint64_t id) {
        const RestingOrder order = orders_.take(id, UINT32_MAX);
        delta(m, BookAction::remove, id, order.side(), order.price, order.size(), model::flag_last);
    }
    void on_replace(const Message& m, std::uint64_t old_id, std::uint64_t id, std::uint32_t size, std::uint32_t price) {
        const RestingOrder old = orders_.take(old_id, UINT32_MAX);
        const std::uint8_t last = old.id == 0 ? model::flag_last : std::uint8_t{0};
        delta(m, BookAction::remove, old_id, old.side(), old.price, old.size(), last);
        if (old.id == 0) { return; }  // nobody knows the side
        orders_.put(RestingOrder::of(id, price, size, old.side()));
        delta(m, BookAction::add, id, old.side(), price, size, model::flag_last);
    }
    void on_print(const Message& m, std::uint32_t size, std::uint32_t price, std::uint64_t match) {
        Tick& tick = begin(m, EventKind::trade, model::flag_last);
        tick.trade.price = Price{price * price_unit};
        tick.trade.size = units_.to_lots(size, m.number);
        tick.trade.trade = TradeId{match};
    }
    void on_name(const Message& m) {
        delta(m, BookAction::clear, 0, OrderSide::buy, 0, 0, model::flag_snapshot | model::flag_last);
    }
    void on_trading(const Message& m, model::BookState state) {
        delta(m, BookAction::state, static_cast<std::uint64_t>(state), OrderSide::buy, 0, 0, model::flag_last);
    }

private:
    void delta(const Message& m, BookAction action, std::uint64_t id, OrderSide side, std::uint32_t price,
               std::uint32_t size, int flags) {
        Tick& tick = begin(m, EventKind::book_delta, flags);
        tick.delta.price = Price{price * price_unit};
        tick.delta.size = units_.to_lots(size, m.number);
        tick.delta.order = id;
        tick.delta.action = action;
        tick.delta.side = side;
    }
    Tick& begin(const Message& m, EventKind kind, int flags) {
        const TimeNs at{reader_.options().date + m.since_midnight()};
        Tick& tick = out_->emplace_back(kind, InstrumentId{m.instrument}, at, at + reader_.options().feed_delay);
        tick.flags = static_cast<std::uint8_t>(flags);
        tick.sequence = m.number;
        return tick;
    }

    Reader<Decoder> reader_;
    WholeUnits units_;
    RestingOrders orders_;
    std::vector<Tick>* out_ = nullptr;  // of the call that is under way
};

}  // namespace

std::size_t message_size(char type) { return message_sizes[static_cast<unsigned char>(type)]; }

TickDecoderPtr make_decoder(TickOptions options) { return std::make_unique<Decoder>(std::move(options)); }

}  // namespace walras::codec::itch
