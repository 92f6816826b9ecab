// Runs tests/scenarios/book/*.txt; the format is in tests/scenarios/README.md. Python runs the same files with a parser
// of its own (tests/python/test_scenarios.py).
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "walras/book/matching_engine.hpp"
#include "walras/core/decimal.hpp"
#include "walras/core/error.hpp"

using namespace walras;
using namespace walras::book;

namespace {

using Words = std::vector<std::string>;

struct Line {
    int number = 0;
    Words words;
};

// A command and what is expected beneath it.
struct Step {
    Line command;
    std::vector<Line> expected;
};

std::vector<Step> read_scenario(const std::filesystem::path& path) {
    std::ifstream file(path);
    std::vector<Step> steps;
    std::string text;
    for (int number = 1; std::getline(file, text); ++number) {
        std::istringstream in(text.substr(0, text.find('#')));
        Line line{number, {}};
        for (std::string word; in >> word;) { line.words.push_back(word); }
        if (line.words.empty()) { continue; }
        if (line.words[0] != ">") {
            steps.push_back({line, {}});
            continue;
        }
        line.words.erase(line.words.begin());
        REQUIRE_MESSAGE(!steps.empty(), path.string(), ": an expectation before any command");
        steps.back().expected.push_back(line);
    }
    return steps;
}

std::int64_t number(const std::string& text) {
    const auto value = core::parse_fixed(text);
    REQUIRE_MESSAGE(value.has_value(), "not a number: ", text);
    return *value;
}

TimeNs time_of(const std::string& text) {
    int y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0;
    REQUIRE(std::sscanf(text.c_str(), "%d-%d-%dT%d:%d:%dZ", &y, &mo, &d, &h, &mi, &s) == 6);
    return from_civil(y, mo, d) + seconds(h * 3600 + mi * 60 + s);
}

// "10.50" and "10.5" are the same expectation.
std::string canonical(const Words& words) {
    Words out;
    for (const std::string& word : words) {
        const auto value = core::parse_fixed(word);
        out.push_back(value ? core::format_fixed(*value) : word);
    }
    return fmt::format("{}", fmt::join(out, " "));
}

// Names stand for ids 1, 2, 3 ... in order of appearance.
class Names {
public:
    std::uint64_t id(const std::string& name) {
        const auto it = std::ranges::find(names_, name);
        if (it == names_.end()) {
            names_.push_back(name);
            return names_.size();
        }
        return static_cast<std::uint64_t>(it - names_.begin()) + 1;
    }
    [[nodiscard]] std::string name(std::uint64_t id) const { return id == 0 ? "-" : names_.at(id - 1); }

private:
    Words names_;
};

class Runner {
public:
    // What the command does, in the words of the format.
    Words run(const Words& w) {
        log_.events.clear();
        if (w[0] == "engine") { return configure(w); }
        if (w[0] == "book") { return show_book(); }
        if (w[0] == "order") { return {show_order(orders_.id(w.at(1)))}; }
        if (w[0] == "last") {
            const auto last = engine_.last_price();
            return {last ? "last " + core::format_fixed(last->raw) : "none"};
        }
        if (w[0] == "queue") {
            const auto ahead = engine_.queue_ahead(OrderId{orders_.id(w.at(1))});
            return {ahead ? "ahead " + quantity(*ahead) : "not queued"};
        }
        if (w[0] == "phase") { return {std::string(to_string(engine_.phase()))}; }
        if (w[0] == "indicative") { return {show_indicative()}; }
        if (w[0] == "range") {
            const auto range = engine_.price_range();
            return {range ? "low " + core::format_fixed(range->low.raw) + " high " + core::format_fixed(range->high.raw)
                          : "none"};
        }
        if (w[0] == "position" && w.size() == 2) {
            return {"position " + w[1] + " " + quantity(engine_.position(owner(w[1])))};
        }
        if (w[0] == "position") {
            engine_.set_position(owner(w[1]), lots(w.at(2)).value(), log_);
        } else if (w[0] == "time") {
            engine_.advance_to(time_of(w.at(1)), log_);
        } else if (w[0] == "end") {
            engine_.end_of_session(log_);
        } else if (w[0] == "cancel") {
            engine_.cancel(OrderId{orders_.id(w.at(1))}, log_);
        } else if (is_phase_word(w[0])) {
            if (!change_phase(w)) { return {"refused"}; }
        } else if (w[0] == "reference") {
            engine_.set_reference_price(Price{number(w.at(1))});
        } else if (w[0] == "replace") {
            if (auto refused = replace(w)) { return {*refused}; }
        } else {
            if (auto refused = submit(w)) { return {*refused}; }
        }
        Words out;
        for (const MatchEvent& e : log_.events) { out.push_back(text(e)); }
        return out;
    }

    [[nodiscard]] bool is_crossed() const {
        const TopOfBook top = engine_.top();
        return engine_.phase() == TradingPhase::continuous && top.bid && top.ask && top.bid->price >= top.ask->price;
    }

private:
    static bool is_phase_word(const std::string& word) {
        static const Words known{"pre_open", "open_auction", "uncross", "halt", "resume", "close"};
        return std::ranges::find(known, word) != known.end();
    }
    bool change_phase(const Words& w) {
        try {
            if (w[0] == "pre_open") {
                engine_.pre_open();
            } else if (w[0] == "open_auction") {
                engine_.open_auction(parse_auction_kind(w.size() > 1 ? w[1] : "opening").value(), log_);
            } else if (w[0] == "uncross") {
                engine_.uncross(log_);
            } else if (w[0] == "halt") {
                engine_.halt();
            } else if (w[0] == "resume") {
                engine_.resume();
            } else {
                engine_.close();
            }
        } catch (const OrderError&) { return false; }
        return true;
    }

    static BandWidth width(const std::string& text) {
        if (text.ends_with("%")) { return {model::TrailingOffset::bps, number(text.substr(0, text.size() - 1)) * 100}; }
        if (text.ends_with("bps")) { return {model::TrailingOffset::bps, number(text.substr(0, text.size() - 3))}; }
        return {model::TrailingOffset::price, number(text)};
    }
    // "0:0.01,10:0.05"
    static TickTable table(const std::string& text) {
        std::vector<TickRow> rows;
        std::istringstream in(text);
        for (std::string row; std::getline(in, row, ',');) {
            const std::size_t colon = row.find(':');
            rows.push_back({Price{number(row.substr(0, colon))}, Price{number(row.substr(colon + 1))}});
        }
        return TickTable(std::move(rows));
    }

    Words configure(const Words& w) {
        for (std::size_t i = 1; i < w.size(); ++i) {
            const auto [key, value] = split(w[i]);
            if (key == "tick") {
                config_.tick_size = Price{number(value)};
            } else if (key == "lot") {
                config_.lot_size = number(value);
            } else if (key == "self_trade") {
                config_.self_trade = parse_self_trade_policy(value).value();
            } else if (key == "tick_table") {
                config_.tick_table = table(value);
                config_.tick_size = config_.tick_table.finest();
            } else if (key == "phase") {
                config_.phase = parse_trading_phase(value).value();
            } else if (key == "auction_rule") {
                config_.auction_rule = parse_auction_rule(value).value();
            } else if (key == "static_band") {
                config_.bands.static_width = width(value);
            } else if (key == "dynamic_band") {
                config_.bands.dynamic_width = width(value);
            } else if (key == "band_action") {
                config_.bands.action = parse_band_action(value).value();
            } else if (key == "min_display") {
                config_.min_display = lots(value).value();
            } else if (key == "negative_prices") {
                config_.price_may_be_negative = true;
            } else {
                FAIL("unknown setting ", w[i]);
            }
        }
        engine_ = MatchingEngine(config_);
        return {};
    }

    std::optional<std::string> submit(const Words& w) {
        NewOrder order;
        model::OrderTerms& t = order.terms;
        std::string name = fmt::format("order{}", ++unnamed_);
        bool is_on_lot = true;
        t.side = model::parse_order_side(w[0]).value();
        t.type = model::parse_order_type(w.at(1)).value();
        const auto size = lots(w.at(2));
        is_on_lot = size.has_value();
        for (std::size_t i = 3; i < w.size(); ++i) {
            const auto [key, value] = split(w[i]);
            if (key == "@") {
                t.price = Price{number(w.at(++i))};
            } else if (key == "trigger") {
                t.trigger = Price{number(value)};
            } else if (key == "trailing_offset") {
                const bool bps = value.ends_with("bps");
                t.trailing_kind = bps ? model::TrailingOffset::bps : model::TrailingOffset::price;
                t.trailing_offset = number(bps ? value.substr(0, value.size() - 3) : value);
            } else if (key == "display") {
                t.display_quantity = lots(value).value();
            } else if (key == "limit_offset") {
                t.limit_offset = number(value);
            } else if (key == "id") {
                name = value;
            } else if (key == "owner") {
                order.owner = owner(value);
            } else if (key == "tif") {
                t.time_in_force = model::parse_time_in_force(value).value();
            } else if (key == "expire") {
                t.expire_time = time_of(value);
            } else if (key == "post_only") {
                t.post_only = true;
            } else if (key == "reduce_only") {
                t.reduce_only = true;
            } else {
                FAIL("unknown word ", w[i]);
            }
        }
        order.id = OrderId{orders_.id(name)};
        if (!is_on_lot) { return "rejected " + name + " off_lot"; }
        t.quantity = *size;
        engine_.submit(order, log_);
        return std::nullopt;
    }

    std::optional<std::string> replace(const Words& w) {
        model::Replace r;
        r.order = OrderId{orders_.id(w.at(1))};
        for (std::size_t i = 2; i < w.size(); ++i) {
            const auto [key, value] = split(w[i]);
            if (key == "quantity") {
                const auto size = lots(value);
                if (!size) { return "replace_rejected " + w[1] + " off_lot"; }
                r.quantity = *size;
            } else if (key == "price") {
                r.price = Price{number(value)};
            } else if (key == "display") {
                r.display_quantity = lots(value).value();
            } else if (key == "trigger") {
                r.trigger = Price{number(value)};
            } else {
                FAIL("unknown word ", w[i]);
            }
        }
        engine_.replace(r, log_);
        return std::nullopt;
    }

    [[nodiscard]] std::string text(const MatchEvent& e) const {
        const std::string id = orders_.name(e.order.value);
        const std::string step{model::to_string(e.step)};
        const std::string why = e.reason == model::Reason::none ? "" : " " + std::string(model::to_string(e.reason));
        switch (e.step) {
            case model::OrderStep::filled:
                return fmt::format("filled {} x {} {} @ {}", id, orders_.name(e.maker.value), quantity(e.quantity),
                                   core::format_fixed(e.price.raw));
            case model::OrderStep::canceled: return fmt::format("canceled {} {}{}", id, quantity(e.quantity), why);
            case model::OrderStep::expired: return fmt::format("expired {} {}", id, quantity(e.quantity));
            case model::OrderStep::replaced:
                return fmt::format("replaced {} {}{}{}", id, quantity(e.quantity),
                                   e.price.is_zero() ? "" : " @ " + core::format_fixed(e.price.raw), why);
            default: return step + " " + id + why;
        }
    }

    [[nodiscard]] Words show_book() const {
        Words out;
        const auto line = [&](const char* side, const DepthLevel& level) {
            out.push_back(fmt::format("{} {} {} ({})", side, core::format_fixed(level.price.raw),
                                      quantity(level.quantity), level.orders));
        };
        auto asks = engine_.depth(model::OrderSide::sell, 1000);
        std::ranges::reverse(asks);
        for (const DepthLevel& level : asks) { line("ask", level); }
        for (const DepthLevel& level : engine_.depth(model::OrderSide::buy, 1000)) { line("bid", level); }
        if (out.empty()) { out.emplace_back("empty"); }
        return out;
    }

    [[nodiscard]] std::string show_order(std::uint64_t id) const {
        const auto o = engine_.order(OrderId{id});
        if (!o) { return "gone"; }
        std::string out =
            fmt::format("{} {} {}", model::to_string(o->side), model::to_string(o->type), quantity(o->leaves()));
        if (!o->price.is_zero()) { out += " @ " + core::format_fixed(o->price.raw); }
        if (!o->display_quantity.is_zero()) { out += " display " + quantity(o->display_quantity); }
        if (!o->trigger.is_zero()) { out += " trigger " + core::format_fixed(o->trigger.raw); }
        return out + " " + std::string(model::to_string(o->status));
    }

    [[nodiscard]] std::string show_indicative() const {
        const Indicative i = engine_.indicative();
        std::string out =
            i.price ? core::format_fixed(i.price->raw) + " " + quantity(i.volume) + " surplus " + quantity(i.surplus)
                    : "none";
        if (!i.market_buys.is_zero()) { out += " market_buys " + quantity(i.market_buys); }
        if (!i.market_sells.is_zero()) { out += " market_sells " + quantity(i.market_sells); }
        return out;
    }

    [[nodiscard]] std::string quantity(Quantity q) const {
        return core::format_fixed(static_cast<core::int128>(q.lots) * config_.lot_size);
    }
    [[nodiscard]] std::optional<Quantity> lots(const std::string& text) const { return config_.lots_in(number(text)); }
    OwnerId owner(const std::string& name) { return OwnerId{static_cast<std::uint32_t>(owners_.id(name))}; }
    static std::pair<std::string, std::string> split(const std::string& word) {
        const std::size_t at = word.find('=');
        return {word.substr(0, at), at == std::string::npos ? "" : word.substr(at + 1)};
    }

    MatchingEngineConfig config_;
    MatchingEngine engine_;
    MatchLog log_;
    Names orders_;
    Names owners_;
    int unnamed_ = 0;
};

// A command without expectations succeeds quietly: its order is accepted, canceled or replaced, and nothing else
// happens.
bool is_quiet(const Words& got) {
    static const Words quiet{"accepted ", "canceled ", "replaced "};
    return got.empty() ||
           (got.size() == 1 && std::ranges::any_of(quiet, [&](const std::string& q) { return got[0].starts_with(q); }));
}

}  // namespace

TEST_CASE("the matching engine does what the scenario files say") {
    const std::filesystem::path folder = std::filesystem::path(WALRAS_SOURCE_DIR) / "tests/scenarios/book";
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (entry.path().extension() == ".txt") { files.push_back(entry.path()); }
    }
    std::ranges::sort(files);
    REQUIRE(files.size() >= 115);
    for (const auto& path : files) {
        SUBCASE(path.stem().c_str()) {
            Runner runner;
            for (const Step& step : read_scenario(path)) {
                Words got = runner.run(step.command.words);
                Words want;
                for (const Line& line : step.expected) { want.push_back(canonical(line.words)); }
                const std::string where =
                    fmt::format("{}:{}: {}\n  expected: {}\n  got:      {}", path.string(), step.command.number,
                                fmt::join(step.command.words, " "), fmt::join(want, "; "), fmt::join(got, "; "));
                CHECK_MESSAGE(!runner.is_crossed(), where);
                if (want.empty()) {
                    CHECK_MESSAGE(is_quiet(got), where);
                    continue;
                }
                // The acceptance may be left unsaid.
                if (!want[0].starts_with("accepted") && got[0].starts_with("accepted")) { got.erase(got.begin()); }
                CHECK_MESSAGE(got == want, where);
            }
        }
    }
}
