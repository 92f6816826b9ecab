#include "walras/codec/dbn/dbn.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "walras/codec/dbn/dbn_metadata.hpp"
#include "walras/codec/dbn/dbn_records.hpp"
#include "walras/codec/dbn/dbn_symbols.hpp"
#include "walras/codec/whole_units.hpp"
#include "walras/codec/wire.hpp"
#include "walras/core/error.hpp"

namespace walras::codec::dbn {

using model::AggressorSide;
using model::BookAction;
using model::EventKind;
using model::OrderSide;
using model::Tick;

namespace {

struct Level {
    std::int64_t price = 0;
    std::uint32_t size = 0;
    bool operator==(const Level&) const = default;
};

struct Levels {
    std::array<Level, mbp::max_levels> at;  // best first
    std::size_t count = 0;
};

// What is remembered of one symbol.
struct State {
    std::uint64_t key = UINT64_MAX;  // of the publisher and instrument whose book it is
    bool in_snapshot = false;
    bool is_suspect = false;
    bool has_levels = false;
    bool has_quote = false;
    Levels bids, asks;  // of the last record with ten levels
    Level bid, ask;     // of the last quote
};

class Decoder final : public TickDecoder {
public:
    explicit Decoder(TickOptions options)
        : options_(std::move(options)), units_(options_.lot_size, options_.source), symbols_(options_.symbols) {}

    std::size_t decode(std::span<const std::byte> bytes, bool is_end, std::vector<Tick>& out) override {
        std::size_t used = 0;
        if (metadata_.version == 0) {
            const auto size = metadata_size(bytes, options_.source);
            if (!size || *size > bytes.size()) {
                if (is_end) { refuse("the file ends inside the metadata"); }
                return 0;
            }
            metadata_ = read_metadata(bytes.first(*size), options_.source);
            symbols_.set(std::move(metadata_.mappings));
            extra_ = metadata_.has_send_time ? 8 : 0;
            used = *size;
        }
        out.reserve(std::max(out.capacity(), chunk + 2 * mbp::max_levels * 2 + 4));
        while (used < bytes.size() && out.size() < chunk) {
            const std::byte* record = bytes.data() + used;
            const std::size_t left = bytes.size() - used;
            const std::size_t size = std::size_t{4} * std::to_integer<std::size_t>(record[at_length]);
            if (size < header_size) {
                ++record_;
                refuse(fmt::format("a record of {} bytes, which have {} at least", size, header_size));
            }
            if (size > left) {
                if (is_end) { refuse_cut(left); }
                break;
            }
            ++record_;
            handle(record, size, out);
            used += size;
        }
        return used;
    }
    [[nodiscard]] const std::vector<std::string>& symbols() const override { return symbols_.names(); }

private:
    void handle(const std::byte* r, std::size_t size, std::vector<Tick>& out) {
        switch (static_cast<RecordType>(std::to_integer<std::uint8_t>(r[at_type]))) {
            case RecordType::mbo: require(size, mbo::size); return by_order(r, out);
            case RecordType::trade: require(size, mbp::at_levels); return trades(r, out);
            case RecordType::mbp_1:
            case RecordType::tbbo:
            case RecordType::cmbp_1:
            case RecordType::tcbbo: require(size, mbp::at_levels + mbp::level_size); return quotes(r, true, out);
            case RecordType::cbbo_1s:
            case RecordType::cbbo_1m:
            case RecordType::bbo_1s:
            case RecordType::bbo_1m: require(size, mbp::at_levels + mbp::level_size); return quotes(r, false, out);
            case RecordType::mbp_10:
                require(size, mbp::at_levels + mbp::max_levels * mbp::level_size);
                return by_price(r, out);
            case RecordType::symbol_mapping: return mapping({r, size});
        }
    }

    // ---- by order
    void by_order(const std::byte* r, std::vector<Tick>& out) {
        const auto flags = std::to_integer<unsigned>(r[mbo::at_flags]);
        Header h;
        if (!header(r, flags, load_little<std::uint64_t>(r + mbo::at_ts_recv),
                    load_little<std::uint32_t>(r + mbo::at_sequence), h, out)) {
            return;
        }
        State& state = states_[h.instrument];
        const char action = std::to_integer<char>(r[mbo::at_action]);
        const bool is_snapshot = (flags & flag_snapshot) != 0;
        if (is_snapshot != state.in_snapshot) [[unlikely]] { turn(state, is_snapshot, action == 'R', h, out); }
        BookAction meaning{};
        switch (action) {
            case 'A': meaning = BookAction::add; break;
            case 'M': meaning = BookAction::update; break;
            case 'C': meaning = BookAction::reduce; break;
            case 'F': meaning = BookAction::fill_notice; break;
            case 'R': return clear(state, h, out);
            case 'T':
                return trade(h, load_little<std::int64_t>(r + mbo::at_price),
                             load_little<std::uint32_t>(r + mbo::at_size), std::to_integer<char>(r[mbo::at_side]), out);
            case 'N': return;
            default: refuse(fmt::format("the action 0x{:02x} of an order", static_cast<unsigned char>(action)));
        }
        const char side = std::to_integer<char>(r[mbo::at_side]);
        const auto price = load_little<std::int64_t>(r + mbo::at_price);
        if ((side != 'A' && side != 'B') || price == undefined_price) [[unlikely]] {
            if (meaning == BookAction::add || meaning == BookAction::update) {
                refuse(fmt::format("an order without {}", price == undefined_price ? "price" : "side"));
            }
        }
        Tick& tick = begin(h, EventKind::book_delta, out);
        tick.delta.price = Price{price == undefined_price ? 0 : price};
        tick.delta.size = units_.to_lots(load_little<std::uint32_t>(r + mbo::at_size), record_);
        tick.delta.order = load_little<std::uint64_t>(r + mbo::at_order);
        tick.delta.action = meaning;
        tick.delta.side = side == 'A' ? OrderSide::sell : OrderSide::buy;
        if (is_snapshot && (flags & flag_last) != 0) { state.in_snapshot = false; }
    }

    struct Header {
        std::uint32_t instrument = 0;
        TimeNs ts_event{};
        TimeNs ts_init{};
        std::uint64_t sequence = 0;
        std::uint8_t flags = 0;  // ours
    };

    // A snapshot begins or ends. One that begins without R begins with ours.
    void turn(State& state, bool is_snapshot, bool is_clear, const Header& h, std::vector<Tick>& out) {
        state.in_snapshot = is_snapshot;
        if (is_snapshot && !is_clear) {
            Tick& tick = begin(h, EventKind::book_delta, out);
            tick.flags = model::flag_snapshot;
            tick.delta.action = BookAction::clear;
            state.is_suspect = false;
        } else if (!is_snapshot) {
            say(model::BookState::valid, h, out);
        }
    }

    void clear(State& state, const Header& h, std::vector<Tick>& out) {
        state.is_suspect = false;
        Tick& tick = begin(h, EventKind::book_delta, out);
        tick.delta.action = BookAction::clear;
        if (!state.in_snapshot) {
            tick.flags |= model::flag_snapshot | model::flag_last;
        } else if (tick.has(model::flag_last)) {
            state.in_snapshot = false;
        }
    }

    // ---- by price
    void by_price(const std::byte* r, std::vector<Tick>& out) {
        Header h;
        if (!mbp_header(r, h, out)) { return; }
        State& state = states_[h.instrument];
        Levels bids, asks;
        read_levels(r, mbp::max_levels, bids, asks);
        const std::uint8_t flags = std::exchange(h.flags, std::uint8_t{0});
        const std::size_t before = out.size();
        if (!state.has_levels) {
            state.has_levels = true;
            state.bids.count = state.asks.count = 0;
            h.flags = model::flag_snapshot;
            begin(h, EventKind::book_delta, out).delta.action = BookAction::clear;
        }
        // What goes goes first, so that the book does not cross itself on the way.
        drop_levels(state.bids, bids, OrderSide::buy, h, out);
        drop_levels(state.asks, asks, OrderSide::sell, h, out);
        set_levels(state.bids, bids, OrderSide::buy, h, out);
        set_levels(state.asks, asks, OrderSide::sell, h, out);
        state.bids = bids;
        state.asks = asks;
        const bool is_trade = std::to_integer<char>(r[mbp::at_action]) == 'T';
        if (out.size() > before && (h.flags != 0 || !is_trade)) {
            out.back().flags |= h.flags != 0 ? model::flag_last : flags;
        }
        h.flags = flags;
        if (is_trade) { trade(r, h, out); }
    }

    static void read_levels(const std::byte* r, std::size_t count, Levels& bids, Levels& asks) {
        for (std::size_t i = 0; i < count; ++i) {
            const std::byte* level = r + mbp::at_levels + i * mbp::level_size;
            const Level bid{load_little<std::int64_t>(level), load_little<std::uint32_t>(level + 16)};
            const Level ask{load_little<std::int64_t>(level + 8), load_little<std::uint32_t>(level + 20)};
            if (bid.price != undefined_price && bid.size > 0) { bids.at[bids.count++] = bid; }
            if (ask.price != undefined_price && ask.size > 0) { asks.at[asks.count++] = ask; }
        }
    }
    static const Level* find(const Levels& levels, std::int64_t price) {
        const auto* const end = levels.at.data() + levels.count;
        const auto* const at = std::find_if(levels.at.data(), end, [&](const Level& l) { return l.price == price; });
        return at == end ? nullptr : at;
    }
    void drop_levels(const Levels& old, const Levels& now, OrderSide side, const Header& h, std::vector<Tick>& out) {
        for (std::size_t i = 0; i < old.count; ++i) {
            if (find(now, old.at[i].price) == nullptr) { level({old.at[i].price, 0}, side, h, out); }
        }
    }
    void set_levels(const Levels& old, const Levels& now, OrderSide side, const Header& h, std::vector<Tick>& out) {
        for (std::size_t i = 0; i < now.count; ++i) {
            if (i < old.count && old.at[i] == now.at[i]) { continue; }
            const Level* before = find(old, now.at[i].price);
            if (before == nullptr || before->size != now.at[i].size) { level(now.at[i], side, h, out); }
        }
    }
    void level(const Level& l, OrderSide side, const Header& h, std::vector<Tick>& out) {
        Tick& tick = begin(h, EventKind::book_delta, out);
        tick.delta.price = Price{l.price};
        tick.delta.size = units_.to_lots(l.size, record_);
        tick.delta.action = BookAction::update;
        tick.delta.side = side;
    }

    // ---- quotes and trades
    void quotes(const std::byte* r, bool has_action, std::vector<Tick>& out) {
        Header h;
        if (!mbp_header(r, h, out)) { return; }
        State& state = states_[h.instrument];
        Levels bids, asks;
        read_levels(r, 1, bids, asks);
        const Level bid = bids.at[0];
        const Level ask = asks.at[0];
        const bool is_trade = has_action && std::to_integer<char>(r[mbp::at_action]) == 'T';
        if (!state.has_quote || bid != state.bid || ask != state.ask) {
            state.has_quote = true;
            state.bid = bid;
            state.ask = ask;
            Tick& tick = begin(h, EventKind::quote, out);
            tick.quote = {Price{bid.price}, Price{ask.price}, units_.to_lots(bid.size, record_),
                          units_.to_lots(ask.size, record_)};
            if (is_trade) { tick.flags = 0; }
        }
        if (is_trade) { trade(r, h, out); }
    }
    void trades(const std::byte* r, std::vector<Tick>& out) {
        Header h;
        if (mbp_header(r, h, out)) { trade(r, h, out); }
    }
    void trade(const std::byte* r, const Header& h, std::vector<Tick>& out) {
        trade(h, load_little<std::int64_t>(r + mbp::at_price), load_little<std::uint32_t>(r + mbp::at_size),
              std::to_integer<char>(r[mbp::at_side]), out);
    }
    void trade(const Header& h, std::int64_t price, std::uint32_t size, char side, std::vector<Tick>& out) {
        if (price == undefined_price) { refuse("a trade without price"); }
        Tick& tick = begin(h, EventKind::trade, out);
        tick.trade.price = Price{price};
        tick.trade.size = units_.to_lots(size, record_);
        tick.trade.aggressor = side == 'B'   ? AggressorSide::buyer
                               : side == 'A' ? AggressorSide::seller
                                             : AggressorSide::none;
    }

    // ---- what records have in common
    bool mbp_header(const std::byte* r, Header& h, std::vector<Tick>& out) {
        return header(r, std::to_integer<unsigned>(r[mbp::at_flags]), load_little<std::uint64_t>(r + mbp::at_ts_recv),
                      load_little<std::uint32_t>(r + mbp::at_sequence), h, out);
    }

    // False: of a symbol that is not wanted.
    bool header(const std::byte* r, unsigned flags, std::uint64_t ts_recv, std::uint32_t sequence, Header& h,
                std::vector<Tick>& out) {
        const auto ts_event = load_little<std::uint64_t>(r + at_ts_event);
        const std::uint64_t known = ts_recv != undefined_time ? ts_recv : ts_event;
        if (known > INT64_MAX) [[unlikely]] { refuse("neither event nor receive time"); }
        h.ts_init = TimeNs{static_cast<std::int64_t>(known)};
        const auto publisher = load_little<std::uint16_t>(r + at_publisher);
        const auto id = load_little<std::uint32_t>(r + at_instrument);
        h.instrument = symbols_.find(id, publisher, h.ts_init);
        if (h.instrument == Symbols::not_wanted) { return false; }
        if ((flags & flag_bad_ts_recv) != 0) { h.ts_init = std::max(h.ts_init, latest_); }
        latest_ = h.ts_init;
        h.ts_event = ts_event > INT64_MAX ? h.ts_init : TimeNs{static_cast<std::int64_t>(ts_event)};
        h.sequence = sequence;
        h.flags = static_cast<std::uint8_t>(((flags & flag_last) != 0 ? model::flag_last : 0) |
                                            ((flags & flag_snapshot) != 0 ? model::flag_snapshot : 0));
        if (h.instrument >= states_.size()) [[unlikely]] { states_.resize(h.instrument + std::size_t{1}); }
        State& state = states_[h.instrument];
        const std::uint64_t key = (std::uint64_t{publisher} << 32) | id;
        if (state.key != key) [[unlikely]] { change_owner(state, key, h, out); }
        if ((flags & flag_maybe_bad_book) != 0 && !state.is_suspect) [[unlikely]] {
            state.is_suspect = true;
            say(model::BookState::resyncing, h, out);
        }
        return true;
    }

    // The symbol means another instrument from now on (a future rolled): what its book held is not its any more.
    void change_owner(State& state, std::uint64_t key, const Header& h, std::vector<Tick>& out) {
        if (state.key != UINT64_MAX) {
            Tick& tick = begin(h, EventKind::book_delta, out);
            tick.flags = 0;
            tick.delta.action = BookAction::clear;
        }
        state = {};
        state.key = key;
    }

    void say(model::BookState what, const Header& h, std::vector<Tick>& out) {
        Tick& tick = begin(h, EventKind::book_delta, out);
        tick.flags = 0;
        tick.delta.action = BookAction::state;
        tick.delta.order = static_cast<std::uint64_t>(what);
    }

    static Tick& begin(const Header& h, EventKind kind, std::vector<Tick>& out) {
        Tick& tick = out.emplace_back(kind, InstrumentId{h.instrument}, h.ts_event, h.ts_init);
        tick.flags = h.flags;
        tick.sequence = h.sequence;
        return tick;
    }

    void mapping(std::span<const std::byte> r) {
        // Version 1 has two symbols of 22 bytes; later ones put a byte of symbology in front of each.
        const std::size_t kind = metadata_.version == 1 ? 0 : 1;
        const std::size_t symbol = metadata_.symbol_size;
        require(r.size(), header_size + 2 * (symbol + kind) + 16);
        const auto asked = read_symbol(r.subspan(header_size + kind, symbol));
        const auto found = read_symbol(r.subspan(header_size + symbol + 2 * kind, symbol));
        const auto id = load_little<std::uint32_t>(r.data() + at_instrument);
        const std::string_view name = found == fmt::format("{}", id) ? asked : found;
        if (!name.empty()) { symbols_.rename(id, name); }
    }

    void require(std::size_t size, std::size_t least) const {
        if (size < least + extra_) [[unlikely]] {
            refuse(fmt::format("{} bytes where its type has {}", size, least + extra_));
        }
    }
    [[noreturn]] void refuse(std::string_view fact) const {
        throw DataError(
            fmt::format("{}, record {}: {}; the file is damaged, fetch it again", options_.source, record_, fact));
    }
    [[noreturn]] void refuse_cut(std::size_t left) const {
        throw DataError(fmt::format("{}, record {}: the file ends {} bytes into it; fetch it again", options_.source,
                                    record_ + 1, left));
    }

    TickOptions options_;
    WholeUnits units_;
    Symbols symbols_;
    Metadata metadata_;
    std::vector<State> states_;  // by symbol
    TimeNs latest_ = time_min;
    std::size_t extra_ = 0;  // bytes behind each record: the time of sending
    std::uint64_t record_ = 0;
};

}  // namespace

TickDecoderPtr make_decoder(TickOptions options) { return std::make_unique<Decoder>(std::move(options)); }

}  // namespace walras::codec::dbn
