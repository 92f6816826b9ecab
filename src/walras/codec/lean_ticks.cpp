#include "walras/codec/lean_ticks.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "walras/codec/csv_ticks.hpp"
#include "walras/codec/lean.hpp"
#include "walras/core/error.hpp"

namespace walras::codec {
namespace {

using model::EventKind;
using model::Tick;

constexpr std::size_t npos = Delimited::npos;

struct Places {
    std::size_t date = npos, ms = npos, price = npos, size = npos;
    std::size_t bid = npos, bid_size = npos, ask = npos, ask_size = npos;
    std::size_t exchange = npos, suspicious = npos;
    bool is_e4 = false;

    [[nodiscard]] bool is_trades() const { return ms != npos && price != npos && size != npos; }
    [[nodiscard]] bool is_quotes() const { return ms != npos && bid != npos && ask != npos; }
};

Places find_places(const Delimited& header) {
    Places at;
    at.date = header.find({"date"});
    at.ms = header.find({"ms", "ms_ny"});
    at.price = header.find({"price", "price_e4"});
    at.size = header.find({"size"});
    at.bid = header.find({"bid", "bid_e4"});
    at.bid_size = header.find({"bid_size"});
    at.ask = header.find({"ask", "ask_e4"});
    at.ask_size = header.find({"ask_size"});
    at.exchange = header.find({"exchange"});
    at.suspicious = header.find({"suspicious"});
    at.is_e4 = header.find({"price_e4", "bid_e4"}) != npos;
    return at;
}

std::string base_of(const TickOptions& options) {
    return options.symbols.empty() ? "" : options.symbols.front().substr(0, options.symbols.front().find('@'));
}

// Exchanges are symbols: what is named without one is no filter.
TickOptions with_filter(TickOptions options) {
    const auto has_exchange = [](const std::string& name) { return name.find('@') != std::string::npos; };
    const auto named = std::count_if(options.symbols.begin(), options.symbols.end(), has_exchange);
    if (named == 0 && options.symbols.size() > 1) {
        throw ConfigError(fmt::format("{}: a LEAN file has one instrument, {} are named; name one", options.source,
                                      options.symbols.size()));
    }
    if (named == 0) { options.symbols.clear(); }
    return options;
}

class LeanTicks final : public CsvTicks {
public:
    explicit LeanTicks(const TickOptions& options) : CsvTicks(with_filter(options), true), base_(base_of(options)) {}

protected:
    void read(std::string_view line, std::vector<Tick>& out) override;

private:
    struct Exchange {
        model::Quote quote;
        bool has_quote = false;
    };

    void begin(std::string_view line, bool& is_header);
    [[nodiscard]] TimeNs time();
    [[nodiscard]] InstrumentId instrument();
    [[nodiscard]] Price price(std::size_t column) const { return scaled_price_at(column, at_.is_e4 ? 5 : 9, true); }
    void read_quote(const Tick& given, std::vector<Tick>& out);
    // Whether the next row is the ask of the same change.
    [[nodiscard]] bool has_ask_behind();

    std::string base_;
    Delimited next_;
    std::string name_;
    Places at_;
    std::vector<Exchange> exchanges_;  // by instrument
    std::string date_;                 // of the row before ...
    TimeNs midnight_{};                // ... and its wall time
};

// Rows without a header are LEAN's own files.
void LeanTicks::begin(std::string_view line, bool& is_header) {
    row_.split(line);
    is_header = !row_[0].empty() && !detail::is_digit(row_[0].front());
    if (!is_header) {
        const bool is_trade = options().source.find("trade") != std::string::npos;
        const char* header = nullptr;
        switch (row_.size()) {
            case 3: header = is_trade ? "ms,price,size" : "ms,bid,ask"; break;
            case 5: header = "ms,bid,bid_size,ask,ask_size"; break;
            case 6: header = "ms,price_e4,size,exchange,conditions,suspicious"; break;
            case 8: header = "ms,bid_e4,bid_size,ask_e4,ask_size,exchange,conditions,suspicious"; break;
            default:
                fail(fmt::format("there are {} cells, LEAN's ticks have 3, 5, 6 or 8", row_.size()),
                     "give a file of LEAN's ticks");
        }
        row_.split(header);
    }
    for (std::size_t i = 0; i < row_.size(); ++i) { names_.emplace_back(row_[i]); }
    at_ = find_places(row_);
    if (!at_.is_trades() && !at_.is_quotes()) {
        fail(fmt::format("the header {} has neither ms, price and size nor ms, bid and ask", show(line)),
             "name the columns as LEAN's ticks have them");
    }
}

TimeNs LeanTicks::time() {
    const std::uint64_t ms = integer_at(at_.ms);
    if (ms > 172'800'000) { refuse(at_.ms, "which is no millisecond of a day"); }
    const DurationNs since = milliseconds(static_cast<std::int64_t>(ms));
    if (at_.date == npos) { return TimeNs{options().date} + since; }
    if (cell(at_.date) != date_) {
        const auto day = lean_date(cell(at_.date));
        if (!day || cell(at_.date).size() != 8) { refuse(at_.date, "which is no date like 20131007"); }
        date_ = cell(at_.date);
        midnight_ = TimeNs{} + days(*day);
    }
    const TimeNs wall = midnight_ + since;
    const auto& zone = options().zone;
    const auto after = std::upper_bound(zone.begin(), zone.end(), wall,
                                        [](TimeNs t, const UtcShift& shift) { return t < shift.from; });
    return after == zone.begin() ? wall : wall + std::prev(after)->add;
}

InstrumentId LeanTicks::instrument() {
    name_ = base_;
    if (at_.exchange != npos && !cell(at_.exchange).empty()) {
        name_ += '@';
        name_ += cell(at_.exchange);
    }
    // A name is needed; the caller gives a better one.
    return instrument_of(name_.empty() ? "LEAN" : name_);
}

void LeanTicks::read(std::string_view line, std::vector<Tick>& out) {
    if (trim(line).empty()) { return; }
    if (names_.empty()) {
        bool is_header = false;
        begin(line, is_header);
        if (is_header) { return; }
    }
    split(line);
    Tick tick(EventKind::trade, instrument(), time(), {});
    tick.ts_init = tick.ts_event + options().feed_delay;
    keep_order(tick.ts_init);
    if (at_.suspicious != npos && cell(at_.suspicious) == "1") { return; }
    if (tick.instrument == nobody) { return; }
    if (at_.is_quotes()) { return read_quote(tick, out); }
    tick.trade.price = price(at_.price);
    if (tick.trade.price.is_zero()) { refuse(at_.price, "and prices are positive"); }
    tick.trade.size = lots_at(at_.size);
    out.push_back(tick);
}

bool LeanTicks::has_ask_behind() {
    next_.split(following());
    const auto is_zero = [this](std::size_t column) { return next_[column] == "0"; };
    return next_.size() == row_.size() && next_[at_.ms] == cell(at_.ms) && next_[at_.exchange] == cell(at_.exchange) &&
           (at_.date == npos || next_[at_.date] == cell(at_.date)) && is_zero(at_.bid) && !is_zero(at_.ask) &&
           (at_.suspicious == npos || next_[at_.suspicious] == cell(at_.suspicious));
}

void LeanTicks::read_quote(const Tick& given, std::vector<Tick>& out) {
    Tick tick = given;
    while (exchanges_.size() <= tick.instrument.value) { exchanges_.emplace_back(); }
    Exchange& shown = exchanges_[tick.instrument.value];
    const Price bid = price(at_.bid);
    const Price ask = price(at_.ask);
    const Quantity bid_size = at_.bid_size == npos ? Quantity{} : lots_at(at_.bid_size);
    const Quantity ask_size = at_.ask_size == npos ? Quantity{} : lots_at(at_.ask_size);
    const bool is_one_sided = at_.exchange != npos && (bid.is_zero() != ask.is_zero());
    if (!is_one_sided || !bid.is_zero()) {
        shown.quote.bid = bid;
        shown.quote.bid_size = bid_size;
    }
    if (!is_one_sided || !ask.is_zero()) {
        shown.quote.ask = ask;
        shown.quote.ask_size = ask_size;
    }
    // A change of both sides is two rows, the bid first.
    if (is_one_sided && !bid.is_zero() && has_ask_behind()) { return; }
    tick.kind = EventKind::quote;
    tick.quote = shown.quote;
    out.push_back(tick);
}

}  // namespace

// NOLINTNEXTLINE(performance-unnecessary-value-param): the table of formats holds functions of this form
TickDecoderPtr lean_decoder(TickOptions options) { return std::make_unique<LeanTicks>(options); }

bool is_lean_tick_header(std::string_view line) {
    Delimited header;
    header.split(line);
    const Places at = find_places(header);
    return (at.is_trades() || at.is_quotes()) && at.date != npos;
}

}  // namespace walras::codec
