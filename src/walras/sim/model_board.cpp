#include "walras/sim/model_board.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "walras/core/error.hpp"
#include "walras/core/schema.hpp"
#include "walras/sim/preset_models.hpp"
#include "walras/sim/view.hpp"

namespace walras::sim {
namespace {

features::MarketObservation observe(const SymbolView& view, std::uint32_t symbol, Sector sector,
                                    std::span<const NewsEvent> news, std::uint64_t tick) {
    features::MarketObservation out;
    out.mid = view.mid;
    out.last = view.last_price;
    if (view.bid != no_price) { out.bid = view.price(view.bid); }
    if (view.ask != no_price) { out.ask = view.price(view.ask); }
    out.bid_size = static_cast<double>(view.bid_lots);
    out.ask_size = static_cast<double>(view.ask_lots);
    out.volume = static_cast<double>(view.volume);
    out.net_flow = static_cast<double>(view.net_flow);
    out.trades = view.trades;
    out.fair = view.fair;
    out.sentiment = view.sentiment;
    for (const NewsEvent& event : news) {
        if (!event.concerns(symbol, sector) || event.weight(tick) <= 0) { continue; }
        out.magnitude = std::max(out.magnitude, event.magnitude);
        out.news_left = std::max(out.news_left, static_cast<double>(event.tick + event.duration - tick));
    }
    return out;
}

}  // namespace

std::shared_ptr<const MarketModel> load_market_model(std::string_view owner, const std::string& source) {
    auto out = std::make_shared<MarketModel>();
    const std::string where = fmt::format("{}: model", owner);
    std::vector<std::string_view> names;
    const PresetModel* preset = nullptr;
    for (const PresetModel& each : preset_models()) {
        if (each.name == source) { preset = &each; }
        names.push_back(each.name);
    }
    if (preset != nullptr) {
        out->file = features::read_model(preset->json, where);
    } else if (source.starts_with('{')) {
        out->file = features::read_model(source, where);
    } else if (source.ends_with(".json")) {
        try {
            out->file = features::read_model_file(source);
        } catch (const DataError& error) { throw DataError(fmt::format("{} {}", where, error.what())); }
    } else {
        throw ConfigError(fmt::format("{} = \"{}\" is no model{}; give the path of a .json file, or one of: {}.", where,
                                      source.substr(0, 200), core::did_you_mean(source.substr(0, 64), names),
                                      fmt::join(names, ", ")));
    }
    out->places = features::market_places(out->file, where);
    return out;
}

ModelBoard::ModelBoard(std::size_t symbols, std::uint32_t candle_ticks) {
    const auto candle = static_cast<int>(std::min<std::uint32_t>(candle_ticks, INT32_MAX));
    columns_.reserve(symbols);
    for (std::size_t s = 0; s < symbols; ++s) {
        columns_.push_back({.extractor = features::MarketFeatures(candle), .answers = {}});
    }
}

ModelId ModelBoard::request(std::shared_ptr<const MarketModel> model, std::size_t symbols, std::uint64_t warm_up) {
    symbols = std::min(symbols, columns_.size());
    extracted_ = std::max(extracted_, symbols);
    for (std::size_t id = 0; id < requests_.size(); ++id) {
        Request& known = requests_[id];
        if (known.model->file.hash != model->file.hash) { continue; }
        known.symbols = std::max(known.symbols, symbols);
        known.warm_up = std::min(known.warm_up, warm_up);
        return static_cast<ModelId>(id);
    }
    requests_.push_back({std::move(model), symbols, warm_up});
    for (Column& column : columns_) { column.answers.emplace_back(); }
    return static_cast<ModelId>(requests_.size() - 1);
}

void ModelBoard::update(std::size_t symbol, const SymbolView& view, Sector sector, std::span<const NewsEvent> news,
                        std::uint64_t tick) {
    if (!extracts(symbol)) { return; }
    Column& column = columns_[symbol];
    column.extractor.update(observe(view, static_cast<std::uint32_t>(symbol), sector, news, tick));
    evaluate(column, symbol, tick);
}

void ModelBoard::evaluate(Column& column, std::size_t symbol, std::uint64_t tick) const {
    std::array<features::MarketRow, 2> imputed;  // by what stands where a value is missing
    std::array<bool, 2> is_there{};
    std::array<double, features::most_model_features> row;
    for (std::size_t id = 0; id < requests_.size(); ++id) {
        const Request& request = requests_[id];
        if (symbol >= request.symbols || tick < request.warm_up) { continue; }
        const auto which = static_cast<std::size_t>(request.model->file.missing);
        if (!is_there[which]) {
            is_there[which] = true;
            imputed[which] = column.extractor.raw();
            features::impute(imputed[which], request.model->file.missing);
        }
        const std::vector<std::uint8_t>& places = request.model->places;
        for (std::size_t i = 0; i < places.size(); ++i) { row[i] = imputed[which][places[i]]; }
        column.answers[id] = request.model->file.model->predict(row.data());
    }
}

void ModelBoard::save(core::ArchiveWriter& out) const {
    out.value(static_cast<std::uint64_t>(extracted_));
    out.value(static_cast<std::uint64_t>(requests_.size()));
    for (const Request& request : requests_) { out.value(request.model->file.hash); }
    for (std::size_t s = 0; s < extracted_; ++s) {
        out.bytes(columns_[s].extractor.save());
        out.array(columns_[s].answers);
    }
}

void ModelBoard::load(core::ArchiveReader& in) {
    const bool is_same = in.value<std::uint64_t>() == extracted_ && in.value<std::uint64_t>() == requests_.size();
    if (!is_same) { throw DataError("This checkpoint is of a market with other models; restore its own config."); }
    for (const Request& request : requests_) {
        if (in.value<std::uint64_t>() != request.model->file.hash) {
            throw DataError("A model has changed since this checkpoint was made; bring its file back.");
        }
    }
    for (std::size_t s = 0; s < extracted_; ++s) {
        columns_[s].extractor.load(in.bytes());
        in.array(columns_[s].answers);
        if (columns_[s].answers.size() != requests_.size()) {
            throw DataError("This checkpoint is of a market with other models; restore its own config.");
        }
    }
}

}  // namespace walras::sim
