// Recordings: what writes them while a run goes on, and the fast way to read trades back. Everything else of a
// recording is read by Python's own SQLite.
#include <fmt/format.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/unique_ptr.h>
#include <nanobind/stl/vector.h>

#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "bindings.hpp"
#include "py_market.hpp"
#include "walras/core/error.hpp"
#include "walras/store/market_recorder.hpp"
#include "walras/store/trade_reader.hpp"

namespace walras::python {

namespace {

// Records a market from the moment it is made until it is finished.
class PyMarketRecorder {
public:
    PyMarketRecorder(nb::object market, const std::string& path, store::RunDescription run,
                     const store::MarketRecorderOptions& options)
        : market_(std::move(market)), recorder_(nb::cast<PyMarket&>(market_).market, path, std::move(run), options) {
        nb::cast<PyMarket&>(market_).market.add_hook(&recorder_);
        is_attached_ = true;
    }
    PyMarketRecorder(const PyMarketRecorder&) = delete;
    PyMarketRecorder& operator=(const PyMarketRecorder&) = delete;
    ~PyMarketRecorder() { detach(); }

    void finish(const std::string& state, const std::string& summary) {
        if (!is_attached_) { throw ConfigError("The recording is finished already; record the market again."); }
        detach();
        const nb::gil_scoped_release release;
        recorder_.finish(state, summary);
    }
    void flush() {
        const nb::gil_scoped_release release;
        recorder_.flush();
    }
    [[nodiscard]] const store::Recorder& recorder() const { return recorder_.recorder(); }
    [[nodiscard]] bool is_attached() const { return is_attached_; }

private:
    void detach() {
        if (!std::exchange(is_attached_, false)) { return; }
        nb::cast<PyMarket&>(market_).market.remove_hook(&recorder_);
    }
    nb::object market_;
    store::MarketRecorder recorder_;
    bool is_attached_ = false;
};

store::RunDescription description(const std::string& kind, const std::string& name, const std::string& created,
                                  const std::string& version, const std::string& config) {
    store::RunDescription run;
    run.kind = kind;
    run.name = name;
    run.created = created;
    run.version = version;
    run.config = config;
    return run;
}

template <class T>
using Values = nb::ndarray<const T, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

// name, sector, price unit, lot unit
using SymbolRow = std::tuple<std::string, std::string, std::int64_t, std::int64_t>;

std::unique_ptr<store::Recorder> make_recorder(const std::string& path, const std::string& kind,
                                               const std::string& name, const std::string& created,
                                               const std::string& version, const std::string& config,
                                               std::optional<std::uint64_t> seed, std::int64_t start,
                                               const std::vector<SymbolRow>& symbols) {
    store::RunDescription run = description(kind, name, created, version, config);
    run.seed = seed;
    run.start = TimeNs{start};
    for (const auto& [symbol, sector, price_unit, lot_unit] : symbols) {
        run.symbols.push_back({symbol, sector, price_unit, lot_unit});
    }
    store::RecorderOptions options;
    options.candles.clear();
    const nb::gil_scoped_release release;
    return std::make_unique<store::Recorder>(path, run, options);
}

void require_rows(std::size_t wanted, std::size_t found) {
    if (found != wanted) {
        throw ConfigError(fmt::format("The columns have {} and {} rows; give each as many.", wanted, found));
    }
}

// One trade at one time each.
void add_trades(store::Recorder& recorder, const Values<std::int64_t>& ts, const Values<std::uint32_t>& symbol,
                const Values<std::int64_t>& price, const Values<std::int64_t>& quantity,
                const Values<std::int64_t>& buyer, const Values<std::int64_t>& seller,
                const Values<std::int8_t>& side) {
    const std::size_t rows = ts.size();
    for (const std::size_t found :
         {symbol.size(), price.size(), quantity.size(), buyer.size(), seller.size(), side.size()}) {
        require_rows(rows, found);
    }
    const nb::gil_scoped_release release;
    std::vector<store::RecordedTrade> trades(rows);
    for (std::size_t i = 0; i < rows; ++i) {
        trades[i].ts = TimeNs{ts.data()[i]};
        trades[i].symbol = symbol.data()[i];
        trades[i].price = price.data()[i];
        trades[i].quantity = quantity.data()[i];
        trades[i].buyer = buyer.data()[i];
        trades[i].seller = seller.data()[i];
        trades[i].side = side.data()[i];
    }
    recorder.add_trades(trades);
}

nb::object next_columns(store::TradeReader& reader, std::size_t rows) {
    store::TradeColumns read;
    {
        const nb::gil_scoped_release release;
        if (!reader.read(rows, read)) { return nb::none(); }
    }
    nb::dict out;
    out["ts"] = to_numpy(std::move(read.ts));
    out["tick"] = to_numpy(std::move(read.tick));
    out["symbol"] = to_numpy(std::move(read.symbol));
    out["price"] = to_numpy(std::move(read.price));
    out["quantity"] = to_numpy(std::move(read.quantity));
    out["buyer"] = to_numpy(std::move(read.buyer));
    out["seller"] = to_numpy(std::move(read.seller));
    out["side"] = to_numpy(std::move(read.side));
    return out;
}

}  // namespace

void bind_store(nb::module_& m) {
    nb::class_<PyMarketRecorder>(m, "MarketRecorder", "Records a market. Use it through walras.sim.Market.record.")
        .def(
            "__init__",
            [](PyMarketRecorder* self, nb::object market, const std::string& path, const std::string& name,
               const std::string& created, const std::string& version, const std::string& config,
               std::uint64_t flush_ticks, std::uint64_t portfolio_ticks, std::uint64_t book_ticks, std::size_t levels,
               const std::vector<std::uint64_t>& candles) {
                store::MarketRecorderOptions options;
                options.recorder.flush_ticks = flush_ticks;
                options.recorder.candles = candles;
                options.portfolio_ticks = portfolio_ticks;
                options.book_ticks = book_ticks;
                options.levels = levels;
                new (self) PyMarketRecorder(std::move(market), path,
                                            description("simulation", name, created, version, config), options);
            },
            nb::arg("market"), nb::arg("path"), nb::arg("name"), nb::arg("created"), nb::arg("version"),
            nb::arg("config"), nb::arg("flush_ticks"), nb::arg("portfolio_ticks"), nb::arg("book_ticks"),
            nb::arg("levels"), nb::arg("candles"),
            nb::sig("def __init__(self, market: SimMarket, path: str, name: str, created: str, version: str, config: "
                    "str, flush_ticks: int, portfolio_ticks: int, book_ticks: int, levels: int, candles: "
                    "collections.abc.Sequence[int]) -> None"))
        .def("finish", &PyMarketRecorder::finish, nb::arg("state"), nb::arg("summary"))
        .def("flush", &PyMarketRecorder::flush)
        .def_prop_ro("is_recording", &PyMarketRecorder::is_attached)
        .def_prop_ro("run", [](const PyMarketRecorder& r) { return r.recorder().run(); });

    nb::class_<store::Recorder>(m, "RunRecorder", "Records a run row by row. Use it through walras.store.")
        .def(nb::new_(&make_recorder), nb::arg("path"), nb::arg("kind"), nb::arg("name"), nb::arg("created"),
             nb::arg("version"), nb::arg("config"), nb::arg("seed").none(), nb::arg("start"), nb::arg("symbols"))
        .def("add_trades", &add_trades, nb::arg("ts"), nb::arg("symbol"), nb::arg("price"), nb::arg("quantity"),
             nb::arg("buyer"), nb::arg("seller"), nb::arg("side"))
        .def(
            "add_candles",
            [](store::Recorder& recorder, const std::string& timeframe, std::uint32_t symbol,
               const Values<std::int64_t>& opens_at, const Values<std::int64_t>& closes_at,
               const nb::ndarray<const std::int64_t, nb::ndim<2>, nb::c_contig, nb::device::cpu>& prices,
               const Values<std::int64_t>& volume) {
                const std::size_t rows = opens_at.size();
                require_rows(rows, closes_at.size());
                require_rows(rows, prices.shape(0));
                require_rows(4, prices.shape(1));
                require_rows(rows, volume.size());
                const nb::gil_scoped_release release;
                for (std::size_t i = 0; i < rows; ++i) {
                    const std::int64_t* p = prices.data() + 4 * i;
                    store::RecordedCandle candle;
                    candle.timeframe = timeframe;
                    candle.symbol = symbol;
                    candle.tick = i;
                    candle.open_time = TimeNs{opens_at.data()[i]};
                    candle.close_time = TimeNs{closes_at.data()[i]};
                    candle.open = p[0];
                    candle.high = p[1];
                    candle.low = p[2];
                    candle.close = p[3];
                    candle.volume = volume.data()[i];
                    recorder.add_candle(std::move(candle));
                }
            },
            nb::arg("timeframe"), nb::arg("symbol"), nb::arg("opens_at"), nb::arg("closes_at"), nb::arg("prices"),
            nb::arg("volume"), "prices: (rows, 4): open, high, low, close in the symbol's units.")
        .def(
            "add_portfolio",
            [](store::Recorder& recorder, std::uint64_t tick, std::int64_t ts, std::int64_t actor,
               const std::string& group, double cash, double equity,
               const std::vector<std::pair<std::uint32_t, double>>& positions) {
                std::vector<store::RecordedPosition> held;
                held.reserve(positions.size());
                for (const auto& [symbol, units] : positions) { held.push_back({symbol, units}); }
                recorder.add_portfolio(tick, TimeNs{ts}, actor, group, cash, equity, held);
            },
            nb::arg("tick"), nb::arg("ts"), nb::arg("actor"), nb::arg("group"), nb::arg("cash"), nb::arg("equity"),
            nb::arg("positions"))
        .def(
            "flush", [](store::Recorder& r) { r.flush(); }, nb::call_guard<nb::gil_scoped_release>())
        .def(
            "finish",
            [](store::Recorder& r, const std::string& state, const std::string& signature, const std::string& summary) {
                r.finish(state, signature, summary);
            },
            nb::arg("state"), nb::arg("signature"), nb::arg("summary"), nb::call_guard<nb::gil_scoped_release>())
        .def_prop_ro("run", &store::Recorder::run);

    nb::class_<store::TradeReader>(m, "RecordedTrades", "The trades of a recorded run, in pieces.")
        .def(
            "__init__",
            [](store::TradeReader* self, const std::string& path, std::int64_t run, std::optional<std::uint32_t> symbol,
               std::int64_t first_tick,
               std::int64_t last_tick) { new (self) store::TradeReader(path, run, {symbol, first_tick, last_tick}); },
            nb::arg("path"), nb::arg("run"), nb::arg("symbol").none(), nb::arg("first_tick"), nb::arg("last_tick"))
        .def("read", &next_columns, nb::arg("rows"),
             nb::sig("def read(self, rows: int) -> dict[str, numpy.typing.NDArray] | None"),
             "Columns of at least so many trades, None where nothing is left.");
}

}  // namespace walras::python
