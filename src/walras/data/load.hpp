// Files to series: read, unpack gzip, decode, check. For C++ programs; Python has readers of its own with time zones.
#pragma once

#include <filesystem>

#include "walras/codec/csv.hpp"
#include "walras/data/series.hpp"

namespace walras::data {

// `options.source` is set to the path. Throws DataError naming file, line, fact and remedy: the decoder's, or the
// series' (there rows count from 0).
BarSeries load_bars(const std::filesystem::path& path, codec::CsvOptions options, SeriesOptions series = {});
QuoteSeries load_quotes(const std::filesystem::path& path, codec::CsvOptions options, SeriesOptions series = {});
TradeSeries load_trades(const std::filesystem::path& path, codec::CsvOptions options, SeriesOptions series = {});

}  // namespace walras::data
