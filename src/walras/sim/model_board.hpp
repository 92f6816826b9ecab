// What models say of each symbol: features are extracted at the end of each tick, once a symbol, and each model is
// evaluated once a symbol and tick, however many agents read it. Decisions of the next tick see the answers.
//
// Requests come before the first tick. Then each symbol's column is written by the thread that works on the symbol, and
// read by everybody in the next tick. Symbols that nobody asks about cost nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "walras/core/archive.hpp"
#include "walras/features/market_features.hpp"
#include "walras/features/models/model_file.hpp"

namespace walras::sim {

struct NewsEvent;
struct SymbolView;
enum class Sector : std::uint8_t;

using ModelId = std::uint32_t;

// A model whose features a market has.
struct MarketModel {
    features::ModelFile file;
    std::vector<std::uint8_t> places;  // of its features in a row
};
// `source`: the name of a preset's model, the path of a file that ends in .json, or the JSON itself. Throws ConfigError
// or DataError that begin with `owner`.
std::shared_ptr<const MarketModel> load_market_model(std::string_view owner, const std::string& source);

class ModelBoard {
public:
    ModelBoard(std::size_t symbols, std::uint32_t candle_ticks);

    // For symbols [0, symbols), from tick `warm_up` on. The same model again gives the same id.
    ModelId request(std::shared_ptr<const MarketModel> model, std::size_t symbols, std::uint64_t warm_up);
    // Features of all symbols, though no model asks.
    void extract_all() { extracted_ = columns_.size(); }
    [[nodiscard]] bool extracts(std::size_t symbol) const { return symbol < extracted_; }

    // At the end of `tick`.
    void update(std::size_t symbol, const SymbolView& view, Sector sector, std::span<const NewsEvent> news,
                std::uint64_t tick);
    // Nothing is likelier than anything (all zero) before the warm-up is over.
    [[nodiscard]] const features::Probabilities& of(std::size_t symbol, ModelId id) const {
        return columns_[symbol].answers[id];
    }
    // NaN where a value is missing.
    [[nodiscard]] const features::MarketRow& row(std::size_t symbol) const { return columns_[symbol].extractor.raw(); }

    void save(core::ArchiveWriter& out) const;
    void load(core::ArchiveReader& in);

private:
    struct Request {
        std::shared_ptr<const MarketModel> model;
        std::size_t symbols = 0;
        std::uint64_t warm_up = 0;
    };
    struct alignas(64) Column {
        features::MarketFeatures extractor;
        std::vector<features::Probabilities> answers;
    };
    void evaluate(Column& column, std::size_t symbol, std::uint64_t tick) const;

    std::vector<Request> requests_;
    std::vector<Column> columns_;
    std::size_t extracted_ = 0;  // of the first so many symbols
};

}  // namespace walras::sim
