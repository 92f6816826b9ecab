// walras-sim: a simulated market without Python. Runs a preset and, if asked to, writes what anybody could have seen of
// it (trades, ten levels of every book, candles) as a journal, which `wl.data.read_ticks` and `walras data` read.
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "walras/core/decimal.hpp"
#include "walras/core/error.hpp"
#include "walras/core/hash.hpp"
#include "walras/core/worker_pool.hpp"
#include "walras/data/journal_file.hpp"
#include "walras/sim/presets.hpp"
#include "walras/sim/sim_venue.hpp"

namespace {

using walras::ConfigError;

constexpr std::string_view usage =
    "walras-sim: run a market of agents that trade with each other.\n"
    "\n"
    "  walras-sim --preset default --ticks 10000 --threads 2\n"
    "  walras-sim --ticks 500 --agents noise=5000 --journal market.journal\n"
    "\n"
    "  --preset NAME         the market (default: default; --list shows them)\n"
    "  --ticks N             how long it runs (ticks; default: 1000)\n"
    "  --threads N           results do not depend on it (count, 0 = all cores; default: 0)\n"
    "  --seed N              of everything random (whole number; default: the preset's)\n"
    "  --agents GROUP=COUNT  agents of a group, or a new group of a kind; may be repeated\n"
    "  --symbol NAME[:SECTOR[:PRICE]]  its symbols, instead of the preset's; may be repeated\n"
    "  --mechanism continuous|auction  how orders meet: one by one, or in one call each tick (default: the preset's)\n"
    "  --clock ticks|events  everybody at each tick, or one by one in continuous time (default: the preset's)\n"
    "  --journal FILE        write trades, books and candles here (default: none)\n"
    "  --list                presets and kinds of agents\n"
    "\n"
    "Ctrl-C ends it after the tick that runs, with a summary; the journal is whole then.\n";

struct Options {
    std::string preset = "default";
    std::uint64_t ticks = 1000;
    int threads = 0;
    std::optional<std::uint64_t> seed;
    std::vector<std::pair<std::string, std::uint32_t>> agents;
    std::vector<walras::sim::SymbolConfig> symbols;
    std::optional<walras::sim::Clock> clock;
    std::optional<walras::sim::Mechanism> mechanism;
    std::string journal;
    bool lists = false;
};

template <class Integer>
Integer number(std::string_view option, std::string_view text, Integer least = 0,
               Integer most = std::numeric_limits<Integer>::max()) {
    Integer value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < least || value > most) {
        throw ConfigError(fmt::format("{} {} must be a whole number from {} to {}.", option, text, least, most));
    }
    return value;
}

// NAME[:SECTOR[:PRICE]]
walras::sim::SymbolConfig symbol_of(std::string_view text) {
    std::array<std::string_view, 3> parts;
    std::size_t count = 0;
    for (std::string_view rest = text;; ++count) {
        if (count == parts.size()) {
            throw ConfigError(fmt::format("--symbol {} must be NAME[:SECTOR[:PRICE]].", text));
        }
        const std::size_t colon = rest.find(':');
        parts[count] = rest.substr(0, colon);
        if (colon == std::string_view::npos) { break; }
        rest.remove_prefix(colon + 1);
    }
    walras::sim::SymbolConfig symbol;
    symbol.name = parts[0];
    if (count >= 1) {
        const auto sector = walras::sim::parse_sector(parts[1]);
        if (!sector) {
            throw ConfigError(fmt::format("--symbol {}: there is no sector {}; take tech.", text, parts[1]));
        }
        symbol.sector = *sector;
    }
    if (count >= 2) {
        const auto price = walras::core::parse_fixed(parts[2]);
        if (!price) { throw ConfigError(fmt::format("--symbol {}: {} is no price; write e.g. 250.", text, parts[2])); }
        symbol.initial_price = walras::Price{*price};
    }
    return symbol;
}

Options parse(std::span<char*> words) {
    Options options;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::string_view word = words[i];
        if (word == "--list") {
            options.lists = true;
            continue;
        }
        if (i + 1 == words.size()) {
            throw ConfigError(fmt::format("{} is unknown or lacks its value; see walras-sim --help.", word));
        }
        const std::string_view value = words[++i];
        if (word == "--preset") {
            options.preset = value;
        } else if (word == "--ticks") {
            options.ticks = number<std::uint64_t>(word, value, 1);
        } else if (word == "--threads") {
            options.threads = number<int>(word, value, 0, walras::core::WorkerPool::most_threads);
        } else if (word == "--seed") {
            options.seed = number<std::uint64_t>(word, value);
        } else if (word == "--journal") {
            options.journal = value;
        } else if (word == "--clock") {
            options.clock = walras::sim::parse_clock(value);
            if (!options.clock) { throw ConfigError(fmt::format("--clock {} must be ticks or events.", value)); }
        } else if (word == "--mechanism") {
            options.mechanism = walras::sim::parse_mechanism(value);
            if (!options.mechanism) {
                throw ConfigError(fmt::format("--mechanism {} must be continuous or auction.", value));
            }
        } else if (word == "--symbol") {
            options.symbols.push_back(symbol_of(value));
        } else if (word == "--agents") {
            const std::size_t equals = value.find('=');
            if (equals == std::string_view::npos || equals == 0) {
                throw ConfigError(fmt::format("--agents {} must be GROUP=COUNT, e.g. noise=5000.", value));
            }
            options.agents.emplace_back(value.substr(0, equals), number<std::uint32_t>(word, value.substr(equals + 1)));
        } else {
            throw ConfigError(fmt::format("{} is no option; see walras-sim --help.", word));
        }
    }
    return options;
}

walras::sim::MarketConfig configure(const Options& options) {
    walras::sim::MarketConfig config = walras::sim::preset(options.preset);
    if (options.seed) { config.seed = *options.seed; }
    if (options.clock) { config.clock = *options.clock; }
    if (options.mechanism) { config.mechanism = *options.mechanism; }
    if (!options.symbols.empty()) { config.symbols = options.symbols; }
    for (const auto& [name, count] : options.agents) {
        bool is_known = false;
        for (walras::sim::GroupConfig& group : config.groups) {
            if ((group.name.empty() ? group.kind : group.name) != name) { continue; }
            group.count = count;
            is_known = true;
        }
        if (is_known) { continue; }
        walras::sim::GroupConfig group;
        group.kind = name;
        group.name = name;
        group.count = count;
        config.groups.push_back(group);
    }
    return config;
}

void list() {
    for (const walras::sim::Preset& preset : walras::sim::presets()) {
        fmt::print("{:<12} {}\n", preset.name, preset.summary);
    }
    fmt::print("\n");
    for (const walras::sim::KindSpec* kind : walras::sim::agent_kinds()) {
        fmt::print("{:<20} tier {}  {}\n", kind->name, kind->tier, kind->rule);
    }
}

// The symbols as instruments, in the market's order.
walras::model::Universe universe_of(const walras::sim::MarketConfig& config) {
    walras::model::Universe universe;
    const walras::CurrencyId currency = universe.currency("USD");
    for (const walras::sim::SymbolConfig& symbol : config.symbols) {
        walras::model::Instrument instrument;
        instrument.symbol = symbol.name;
        instrument.venue = "SIM";
        instrument.label = symbol.name;
        instrument.currency = currency;
        instrument.tick_size = symbol.tick_size;
        universe.add(instrument);
    }
    return universe;
}

std::string metadata_of(const walras::sim::MarketConfig& config) {
    std::string symbols;
    for (const walras::sim::SymbolConfig& symbol : config.symbols) {
        symbols += fmt::format("{}\"{}\"", symbols.empty() ? "" : ", ", symbol.name);
    }
    return fmt::format(R"({{"kind": "ticks", "lot_size": {}, "symbols": [{}], "source": "walras-sim", "seed": {}}})",
                       walras::core::fixed_scale, symbols, config.seed);
}

std::atomic<bool> interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free);

void progress(std::uint64_t done, std::uint64_t ticks, double seconds) {
    const double rate = seconds > 0 ? static_cast<double>(done) / seconds : 0;
    const double left = rate > 0 ? static_cast<double>(ticks - done) / rate : 0;
    fmt::print(stderr, "\r{:3.0f} %  {:.0f} ticks/s  {:.0f} s left   ",
               100 * static_cast<double>(done) / static_cast<double>(ticks), rate, left);
}

int run(const Options& options) {
    const walras::sim::MarketConfig config = configure(options);
    walras::sim::Market market(config, options.threads);
    const walras::model::Universe universe = universe_of(config);
    walras::sim::SimVenueConfig published;
    published.ticks = options.ticks;
    walras::sim::SimVenue venue(universe, market, published);
    std::optional<walras::data::JournalWriter> journal;
    if (!options.journal.empty()) { journal.emplace(options.journal, metadata_of(config)); }
    std::vector<walras::model::Event> events(256);
    const auto started = std::chrono::steady_clock::now();
    const auto elapsed = [&] {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    };
    double shown = 0;
    const bool shows = isatty(fileno(stderr)) != 0;
    while (market.tick() < options.ticks && !interrupted) {
        if (!journal) {
            market.step();
        } else if (const std::size_t n = venue.poll(events); n > 0) {
            for (std::size_t i = 0; i < n; ++i) { journal->append(events[i], walras::codec::JournalSide::inbound); }
        }
        if (shows && elapsed() - shown > .1) { progress(market.tick(), options.ticks, shown = elapsed()); }
    }
    // What the last tick did.
    for (std::size_t n = journal ? 1 : 0; n > 0;) {
        n = venue.next_time() <= market.now() ? venue.poll(events) : 0;
        for (std::size_t i = 0; i < n; ++i) { journal->append(events[i], walras::codec::JournalSide::inbound); }
    }
    const double seconds = elapsed();
    if (shows) { fmt::print(stderr, "\r{:60}\r", ""); }
    if (journal) { journal->close(); }
    for (std::size_t s = 0; s < config.symbols.size(); ++s) {
        const walras::sim::SymbolView& view = market.view().symbols[s];
        fmt::print("{:<8} last {:>10.2f}  fair {:>10.2f}  volume {:>12}\n", config.symbols[s].name, view.last_price,
                   view.fair, view.total_volume);
    }
    fmt::print("{} ticks, {} agents, {} orders, {} trades, {:.0f} ticks/s, seed {}, signature {}\n", market.tick(),
               market.population().size(), market.totals().orders, market.totals().trades,
               seconds > 0 ? static_cast<double>(market.tick()) / seconds : 0.0, config.seed,
               walras::core::format_hash(market.signature()));
    if (journal) { fmt::print("journal: {} ({} records)\n", options.journal, journal->records()); }
    return interrupted ? 130 : 0;
}

}  // namespace

int main(int count, char** words) {
    const std::span<char*> given(words + 1, static_cast<std::size_t>(count > 0 ? count - 1 : 0));
    for (const std::string_view word : given) {
        if (word == "--help" || word == "-h") {
            fmt::print("{}", usage);
            return 0;
        }
    }
    std::signal(SIGINT, [](int) { interrupted = true; });
    try {
        const Options options = parse(given);
        if (options.lists) {
            list();
            return 0;
        }
        return run(options);
    } catch (const ConfigError& error) {
        fmt::print(stderr, "error: {}\n", error.what());
        return 2;
    } catch (const std::exception& error) {
        fmt::print(stderr, "error: {}\n", error.what());
        return 1;
    }
}
