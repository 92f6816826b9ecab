#include "walras/data/load.hpp"

#include "walras/codec/gzip.hpp"
#include "walras/data/journal_file.hpp"

namespace walras::data {
namespace {

template <class Payload>
Series<Payload> load(const std::filesystem::path& path, codec::CsvKind kind, codec::CsvOptions options,
                     SeriesOptions series, Payload model::Event::* payload) {
    options.source = path.string();
    series.source = options.source;
    options.lot_size = series.lot_size;
    const InstrumentId instrument = options.instrument;
    std::string text = read_file(path);
    if (codec::is_gzip(text)) { text = codec::gunzip(text, options.source); }
    codec::CsvReader reader(text, kind, std::move(options));
    std::vector<Timed<Payload>> rows;
    model::Event event;
    while (reader.next(event)) { rows.push_back({event.ts_event, event.*payload}); }
    series.closes_only = reader.closes_only();
    return {instrument, std::move(rows), std::move(series)};
}

}  // namespace

BarSeries load_bars(const std::filesystem::path& path, codec::CsvOptions options, SeriesOptions series) {
    return load<model::Bar>(path, codec::CsvKind::bars, std::move(options), std::move(series), &model::Event::bar);
}

QuoteSeries load_quotes(const std::filesystem::path& path, codec::CsvOptions options, SeriesOptions series) {
    return load<model::Quote>(path, codec::CsvKind::quotes, std::move(options), std::move(series),
                              &model::Event::quote);
}

TradeSeries load_trades(const std::filesystem::path& path, codec::CsvOptions options, SeriesOptions series) {
    return load<model::Trade>(path, codec::CsvKind::trades, std::move(options), std::move(series),
                              &model::Event::trade);
}

}  // namespace walras::data
