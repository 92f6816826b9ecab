// Runs every card of tests/scenarios/fills through backtest::run.
#include "walras/backtest/cards_test.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "walras/backtest/backtest.hpp"
#include "walras/engine/playback.hpp"

using namespace walras;
using cards::Act;
using cards::Card;
using cards::Line;

namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t day = 86'400 * second;
constexpr std::int64_t first_day = 1'704'067'200 * second;  // 2024-01-01

// Candle N trades on the N-th of January from 09:30 to 16:00; quote N stands from second N of the first of January.
TimeNs open_of(int candle) { return {first_day + (candle - 1) * day + 34'200 * second}; }
TimeNs close_of(int candle) { return {first_day + (candle - 1) * day + 57'600 * second}; }
TimeNs time_of_quote(int quote) { return {first_day + quote * second}; }

std::int64_t nanoseconds(const std::string& text) {  // 5s, 10m, 18h, 20ms
    std::size_t end = 0;
    const std::int64_t n = std::stoll(text, &end);
    const std::string unit = text.substr(end);
    if (unit == "ms") { return n * 1'000'000; }
    return n * second * (unit == "h" ? 3600 : unit == "m" ? 60 : 1);
}

struct World {
    model::Universe universe;
    std::vector<data::BarSeries> bars;
    std::vector<data::QuoteSeries> quotes;
    backtest::RunConfig config;
    backtest::Data data;
};

// Builds the instruments, rows and settings that a card gives.
void build(const Card& card, World& world) {
    const auto number = [&](const Line& line, std::size_t at) {
        return cards::fixed(line.words.at(at), card.file, line.number);
    };
    const CurrencyId usd = world.universe.currency("USD");
    for (const std::string& name : card.instruments) {
        model::Instrument instrument;
        instrument.symbol = name;
        instrument.venue = "SIM";
        instrument.currency = usd;
        instrument.validate();
        const InstrumentId id = world.universe.add(instrument);
        std::vector<data::TimedBar> rows;
        for (const cards::Row& row : card.candles) {
            if (row.instrument != name) { continue; }
            const auto& v = row.values;
            const double volume =
                v.size() > 4 ? static_cast<double>(v[4]) / 1e9 : std::numeric_limits<double>::quiet_NaN();
            rows.push_back(
                {close_of(row.number),
                 {open_of(row.number), Price{v.at(0)}, Price{v.at(1)}, Price{v.at(2)}, Price{v.at(3)}, volume}});
        }
        if (!rows.empty()) {
            data::SeriesOptions options;
            options.closes_only = card.has("closes");
            world.bars.emplace_back(id, rows, options);
        }
        std::vector<data::TimedQuote> ticks;
        for (const cards::Row& row : card.quotes) {
            if (row.instrument != name) { continue; }
            const auto& v = row.values;
            const auto size = [&](std::size_t at) { return Quantity{v.size() > at ? v[at] / core::fixed_scale : 0}; };
            ticks.push_back({time_of_quote(row.number), {Price{v.at(0)}, Price{v.at(1)}, size(2), size(3)}});
        }
        if (!ticks.empty()) { world.quotes.emplace_back(id, ticks); }
    }
    for (const auto& series : world.bars) { world.data.bars.push_back(&series); }
    for (const auto& series : world.quotes) { world.data.quotes.push_back(&series); }

    auto& replay = world.config.replay;
    portfolio::AccountConfig account;
    account.base_currency = usd;
    account.balances = {{usd, Money{core::int128{10'000} * core::fixed_scale}}};
    for (const auto& [key, line] : card.given) {
        const std::string value = line.words.size() > 2 ? line.words[2] : "";
        if (key == "fill_at") {
            using backtest::FillAt;
            replay.fill_at = value == "next_close"      ? FillAt::next_close
                             : value == "this_close"    ? FillAt::this_close
                             : value == "intrabar_path" ? FillAt::intrabar_path
                                                        : FillAt::next_open;
        } else if (key == "limit_fill") {
            replay.limit_fill = value == "cross" ? backtest::LimitFill::cross : backtest::LimitFill::touch;
        } else if (key == "volume_share") {
            replay.volume_share = Rate{number(line, 2)};
        } else if (key == "latency") {
            replay.latency = model::constant_latency({nanoseconds(value)}, {nanoseconds(line.words.at(3))});
        } else if (key == "sampled_latency") {
            replay.latency = model::sampled_latency({nanoseconds(value)}, {nanoseconds(line.words.at(3))}, 7);
        } else if (key == "sessions") {
            for (int n = 1; n <= 31; ++n) { replay.session_closes.push_back(close_of(n)); }
        } else if (key == "fees") {  // maker taker, fractions
            replay.fees = model::rate_fees(Rate{number(line, 2)}, Rate{number(line, 3)});
        } else if (key == "slippage") {
            replay.slippage = backtest::spread_slippage(static_cast<double>(number(line, 2)) / 1e9);
        } else if (key == "cash") {
            account.balances[0].amount = Money{core::int128{number(line, 2)}};
        } else if (key == "account") {
            account.kind = value == "cash" ? portfolio::AccountKind::cash : portfolio::AccountKind::margin;
        } else if (key == "leverage") {
            account.initial_margin = Rate{core::fixed_scale * core::fixed_scale / number(line, 2)};
        } else if (key == "max_position") {
            world.config.session.limits.max_position = Quantity{number(line, 2) / core::fixed_scale};
        } else if (key != "closes") {
            cards::fail(card.file, line.number, "unknown setting \"" + key + "\"");
        }
    }
    account.maintenance_margin = std::min(account.maintenance_margin, account.initial_margin);
    world.config.session.accounts = {account};
}

// Places what the card says, when it says so.
class Player final : public strategy::Strategy {
public:
    Player(const Card& card, const model::Universe& universe) : card_(card), universe_(universe) {}

    void on_start(strategy::Context& c) override { act(c, Act::When::start, 0); }
    void on_stop(strategy::Context& c) override { act(c, Act::When::stop, 0); }
    void on_bars(strategy::Context& c, std::span<const strategy::ClosedBar> bars) override {
        act(c, Act::When::after, static_cast<int>((bars[0].ts.ns - first_day) / day) + 1);
    }
    void on_quote(strategy::Context& c, InstrumentId, const model::Quote&) override {
        act(c, Act::When::after, static_cast<int>((c.now().ns - first_day) / second));
    }
    void on_order(strategy::Context& c, const model::Order& order, const model::OrderReport& report) override {
        if (report.step == model::OrderStep::filled && order.filled == report.quantity) {
            act(c, Act::When::filled, static_cast<int>(order.id.value));
        }
    }

private:
    void act(strategy::Context& c, Act::When when, int number) {
        for (const Act& one : card_.acts) {
            if (one.when == when && one.number == number) { play(c, one.line); }
        }
    }

    [[nodiscard]] std::int64_t value(const Line& line, std::size_t at) const {
        return cards::fixed(line.words.at(at), card_.file, line.number);
    }
    [[nodiscard]] InstrumentId instrument(const std::string& name) const { return universe_.require(name + ".SIM"); }

    // "10", "$500" or "50%"; `is_target`: the position to reach.
    void read_size(const Line& line, model::Request& request, bool is_target) const {
        using model::SizeKind;
        std::string word = line.words.at(1);
        if (word.ends_with('%')) {
            word.pop_back();
            request.size.kind = is_target ? SizeKind::target_percent : SizeKind::percent;
            request.size.percent = Rate{cards::fixed(word, card_.file, line.number) / 100};
        } else if (word.starts_with('$')) {
            request.size.kind = is_target ? SizeKind::target_value : SizeKind::value;
            request.size.value = Money{core::int128{cards::fixed(word.substr(1), card_.file, line.number)}};
        } else if (is_target) {
            request.size.kind = SizeKind::target_lots;
            request.size.lots = value(line, 1) / core::fixed_scale;
        } else {
            request.terms.quantity = Quantity{value(line, 1) / core::fixed_scale};
        }
    }

    void play(strategy::Context& c, const Line& line) {
        const std::string& verb = line.words.at(0);
        if (verb == "buy" || verb == "sell" || verb == "target") {
            place(c, line, verb);
        } else if (verb == "close") {
            c.close(instrument(line.words.size() > 1 ? line.words[1] : "A"));
        } else if (verb == "cancel") {
            c.cancel(OrderId{std::stoull(line.words.at(1))});
        } else if (verb == "replace") {
            model::Replace change;
            change.order = OrderId{std::stoull(line.words.at(1))};
            for (std::size_t i = 2; i < line.words.size(); i += 2) {
                if (line.words[i] == "quantity") { change.quantity = Quantity{value(line, i + 1) / core::fixed_scale}; }
                if (line.words[i] == "limit") { change.price = Price{value(line, i + 1)}; }
                if (line.words[i] == "stop") { change.trigger = Price{value(line, i + 1)}; }
            }
            c.replace(change);
        } else {
            cards::fail(card_.file, line.number, "unknown verb \"" + verb + "\"");
        }
    }

    void place(strategy::Context& c, const Line& line, const std::string& verb) {
        model::Request request;
        auto& terms = request.terms;
        terms.instrument = instrument("A");
        terms.side = verb == "sell" ? model::OrderSide::sell : model::OrderSide::buy;
        read_size(line, request, verb == "target");
        const auto leg = [](auto& which) -> model::Leg& { return which ? *which : which.emplace(); };
        const auto list = [&](std::size_t at, model::Contingency kind) {
            OrderListId& id = lists_[line.words.at(at)];
            if (id.is_none()) { id = c.new_list(); }
            request.list = id;
            request.contingency = kind;
        };
        bool has_limit = false;
        bool has_stop = false;
        for (std::size_t i = 2; i < line.words.size(); ++i) {
            const std::string& word = line.words[i];
            if (word == "of") {
                terms.instrument = instrument(line.words.at(++i));
            } else if (word == "limit") {
                terms.price = Price{value(line, ++i)};
                has_limit = true;
            } else if (word == "stop") {
                terms.trigger = Price{value(line, ++i)};
                has_stop = true;
            } else if (word == "trail" || word == "trail_bps") {
                terms.type = model::OrderType::trailing_stop;
                terms.trailing_kind = word == "trail" ? model::TrailingOffset::price : model::TrailingOffset::bps;
                terms.trailing_offset = value(line, ++i);
            } else if (word == "tif") {
                terms.time_in_force = *model::parse_time_in_force(line.words.at(++i));
            } else if (word == "expire") {
                const int n = std::stoi(line.words.at(++i));
                terms.expire_time = card_.candles.empty() ? time_of_quote(n) : close_of(n);
            } else if (word == "post_only") {
                terms.post_only = true;
            } else if (word == "reduce_only") {
                terms.reduce_only = true;
            } else if (word == "stop_loss") {
                leg(request.stop_loss).price = Price{value(line, ++i)};
            } else if (word == "stop_loss_pct") {
                leg(request.stop_loss).distance = Rate{value(line, ++i) / 100};
            } else if (word == "take_profit") {
                leg(request.take_profit).price = Price{value(line, ++i)};
            } else if (word == "take_profit_pct") {
                leg(request.take_profit).distance = Rate{value(line, ++i) / 100};
            } else if (word == "trailing_stop_loss" || word == "trailing_stop_loss_bps") {
                leg(request.stop_loss).trailing_offset = value(line, ++i);
                if (word.ends_with("bps")) { request.stop_loss->trailing_kind = model::TrailingOffset::bps; }
            } else if (word == "when_filled") {
                request.after = OrderId{std::stoull(line.words.at(++i))};
            } else if (word == "oco") {
                list(++i, model::Contingency::oco);
            } else if (word == "ouo") {
                list(++i, model::Contingency::ouo);
            } else {
                cards::fail(card_.file, line.number, "unknown word \"" + word + "\"");
            }
        }
        if (has_stop) {
            terms.type = has_limit ? model::OrderType::stop_limit : model::OrderType::stop;
        } else if (has_limit) {
            terms.type = model::OrderType::limit;
        }
        c.place(request);
    }

    const Card& card_;
    const model::Universe& universe_;
    std::map<std::string, OrderListId> lists_;
};

std::string decimal(core::int128 raw) {
    std::string text = core::format_fixed(raw);
    if (text.find('.') != std::string::npos) {
        while (text.ends_with('0')) { text.pop_back(); }
        if (text.ends_with('.')) { text.pop_back(); }
    }
    return text;
}

int row_at(const Card& card, TimeNs ts) {
    if (card.candles.empty()) {
        int last = 0;
        for (const cards::Row& row : card.quotes) {
            if (time_of_quote(row.number) <= ts) { last = row.number; }
        }
        return last;
    }
    int number = 1;
    while (close_of(number) < ts) { ++number; }
    return number;
}

std::string joined(const std::vector<std::string>& words) { return fmt::format("{}", fmt::join(words, " ")); }

// What happened, in the words of the card: "fill 2 order 1 buy 10 @ 101 next_open taker".
std::vector<std::string> fills_of(const Card& card, const backtest::Result& result) {
    std::vector<std::string> out;
    out.reserve(result.fills.size());
    for (const backtest::FillRecord& f : result.fills) {
        out.push_back(fmt::format("fill {} order {} {} {} @ {} {} {}", row_at(card, f.ts), f.order.value,
                                  to_string(f.side), f.quantity.lots, decimal(f.price.raw), to_string(f.rule),
                                  to_string(f.liquidity)));
    }
    return out;
}

std::string final_of(const Card& card, const Line& line, const World& world, const backtest::Result& result) {
    const std::string& what = line.words[0];
    if (what == "order") {
        const std::size_t id = std::stoull(line.words.at(1));
        if (id == 0 || id > result.orders.size()) { return fmt::format("order {} (never made)", id); }
        const model::Order& order = result.orders[id - 1];
        return fmt::format("order {} {}{}", id, to_string(order.status),
                           line.words.size() > 3 ? fmt::format(" {}", to_string(order.reason)) : "");
    }
    if (what == "position") {
        const std::string name = line.words.size() > 2 ? line.words[2] : "A";
        std::int64_t lots = 0;
        for (const auto& p : result.positions) {
            if (p.instrument == world.universe.require(name + ".SIM")) { lots += p.quantity.lots; }
        }
        return line.words.size() > 2 ? fmt::format("position {} {}", lots, name) : fmt::format("position {}", lots);
    }
    if (what == "equity") { return "equity " + decimal(result.final_equity.raw); }
    static_cast<void>(card);
    const auto& balances = result.accounts.front().balances;
    return "cash " + decimal(balances.empty() ? core::int128{0} : balances[0].amount.raw);
}

void run_card(const std::string& path) {
    const Card card = cards::read_card(path);
    World world;
    build(card, world);
    Player player{card, world.universe};
    const std::array<strategy::Strategy*, 1> strategies{&player};
    const backtest::Result result = backtest::run(world.universe, world.data, strategies, world.config);

    const std::vector<std::string> got = fills_of(card, result);
    for (std::size_t i = 0; i < std::max(got.size(), card.fills.size()); ++i) {
        const std::string expected = i < card.fills.size() ? joined(card.fills[i].words) : "nothing";
        const int line = i < card.fills.size() ? card.fills[i].number : 0;
        std::string found = i < got.size() ? got[i] : "nothing";
        // The side of liquidity is compared only where the card names it.
        if (i < card.fills.size() && card.fills[i].words.size() < 10 && i < got.size()) {
            found = found.substr(0, found.rfind(' '));
        }
        CHECK_MESSAGE(found == expected, path << ":" << line << "\n  expected  " << expected << "\n  got       "
                                              << found << "\n  refusals  "
                                              << (result.refusals.empty() ? "" : result.refusals[0].second));
    }
    for (const Line& line : card.finals) {
        const std::string expected = joined(line.words);
        const std::string found = final_of(card, line, world, result);
        CHECK_MESSAGE(found == expected,
                      path << ":" << line.number << "\n  expected  " << expected << "\n  got       " << found);
    }
    CHECK_MESSAGE(result.anomalies.empty(),
                  path << ": " << result.anomalies.size() << " reports that nobody could apply");

    // The same card twice gives the same bytes.
    Player again{card, world.universe};
    const std::array<strategy::Strategy*, 1> second_cast{&again};
    engine::JournalMemory journal;
    world.config.journal = &journal;
    CHECK(backtest::run(world.universe, world.data, second_cast, world.config).signature == result.signature);

    // So does what the session was told, without the market.
    engine::Tape tape{journal.events(), journal.sides()};
    Player third{card, world.universe};
    const std::array<strategy::Strategy*, 1> third_cast{&third};
    model::ReplayClock clock;
    engine::Session session{world.universe, clock, tape.venues(), third_cast, world.config.session};
    session.run_until(time_max);
    session.finish();
    CHECK_MESSAGE(session.outbound_signature() == result.outbound_signature, path << ": played back");
    CHECK_MESSAGE(session.signature() == result.signature, path << ": played back");
    CHECK(tape.is_over());

    // A market exit is never priced outside its candle.
    for (const backtest::FillRecord& f : result.fills) {
        for (const cards::Row& row : card.candles) {
            if (row.number != row_at(card, f.ts) || world.universe.require(row.instrument + ".SIM") != f.instrument) {
                continue;
            }
            CHECK(f.reference.raw <= row.values[1]);
            CHECK(f.reference.raw >= row.values[2]);
        }
    }
}

}  // namespace

TEST_CASE("fills follow the cards") {
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(WALRAS_SOURCE_DIR "/tests/scenarios/fills")) {
        if (entry.path().extension() == ".txt") { files.push_back(entry.path().string()); }
    }
    std::ranges::sort(files);
    CHECK(files.size() >= 45);
    for (const std::string& file : files) {
        SUBCASE(file.c_str()) { run_card(file); }
    }
}
