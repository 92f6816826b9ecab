// Agents that ask a model. One class serves all of them; a kind says which type of model it reads.
#include <fmt/format.h>

#include "walras/core/error.hpp"
#include "walras/sim/entrance.hpp"
#include "walras/sim/kinds/kinds.hpp"
#include "walras/sim/model_board.hpp"

namespace walras::sim {
namespace {

using features::ModelType;
using features::Probabilities;

class ModelTrader final : public AgentKind {
public:
    ModelTrader(ModelType type, const core::Parameters& p)
        : type_(type),
          source_(p.text("model")),
          buy_above_(p.number("buy_above")),
          sell_above_(p.number("sell_above")),
          jitter_(p.number("jitter")),
          distance_(p.number("distance")),
          size_(p.integer("size")),
          warm_up_(static_cast<std::uint64_t>(p.integer("warm_up"))) {}

    void start(const StartContext& context) override {
        begin_ = context.group.begin;
        symbols_ = context.group.symbols;
        if (context.group.size() == 0) { return; }
        auto model = load_market_model(context.group.name, source_);
        const ModelType type = model->file.model->type();
        if (type != type_) {
            throw ConfigError(fmt::format("{}: model is of type {}, not {}; choose the kind that reads it.",
                                          context.group.name, to_string(type), to_string(type_)));
        }
        id_ = context.models.request(std::move(model), context.group.size(), warm_up_);
    }

    void decide(const MarketView& view, std::span<const Agent> awake, Entrance& entrance) override {
        if (view.tick <= warm_up_) { return; }
        for (std::size_t i = 0; i < awake.size(); ++i) {
            const std::uint32_t s = (awake[i] - begin_) % symbols_;
            const Probabilities& p = view.prediction(s, id_);
            if (p.buy <= buy_above_ && p.sell <= sell_above_) { continue; }
            Trader trader = entrance.trader(i);
            act(trader, view.symbols[s], p);
        }
    }

private:
    // The thresholds are a little higher by chance, so that agents of one model do not all come at once.
    void act(Trader& trader, const SymbolView& symbol, const Probabilities& p) const {
        const double raised = jitter_ * trader.uniform();
        if (p.buy > buy_above_ + raised) {
            if (!is_on(trader, OrderSide::buy)) { trader.buy(symbol.at_most(symbol.mid * (1 - distance_)), size_); }
        } else if (p.sell > sell_above_ + raised && p.sell >= p.hold) {
            if (!is_on(trader, OrderSide::sell)) { trader.sell(symbol.at_least(symbol.mid * (1 + distance_)), size_); }
        }
    }
    // What it wants is on its way already.
    static bool is_on(const Trader& trader, OrderSide side) {
        return trader.is_working() && trader.ticket().side == side;
    }

    ModelType type_;
    std::string source_;
    double buy_above_, sell_above_, jitter_, distance_;
    Lots size_;
    std::uint64_t warm_up_;
    Agent begin_ = 0;
    std::uint32_t symbols_ = 1;
    ModelId id_ = 0;
};

KindSpec model_kind(const char* name, const char* title, ModelType type, const char* reads) {
    return {
        .name = name,
        .title = title,
        .rule = fmt::format(
            "Asks {} what the market's features say, one answer a symbol and tick for all. P(buy) > `buy_above` + "
            "j: buys `size` at mid * (1 - distance); else P(sell) > `sell_above` + j and >= P(hold): sells at mid * "
            "(1 + distance); j = U(0, jitter), drawn anew. An order that works on that side stays.",
            reads),
        .defaults = {.kind = name,
                     .cash = Money::of(100'000),
                     .shares = 0,
                     .max_long = 1200,
                     .max_short = 300,
                     .wake = Wake{},
                     .order_life = 8},
        .parameters = {{"model", std::string{name}, 0, 0, "",
                        "The name of a preset's model, the path of a .json file, or the JSON itself."},
                       {"buy_above", .65, 0, 1, "probability", "Buys above it."},
                       {"sell_above", .75, 0, 1, "probability", "Sells above it."},
                       {"jitter", .005, 0, 1, "probability", "The thresholds are raised by up to that."},
                       {"distance", .001, 0, .99, "fraction", "Of the limit from mid."},
                       {"size", std::int64_t{30}, 1, 1e9, "shares", "Size of an order."},
                       {"warm_up", std::int64_t{1000}, 0, 1e9, "ticks", "It does nothing before."}},
        .make = [type](const core::Parameters& p) { return std::make_unique<ModelTrader>(type, p); }};
}

}  // namespace

KindSpec decision_tree_kind() {
    return model_kind("decision_tree", "Decision tree", ModelType::decision_tree, "a decision tree");
}
KindSpec random_forest_kind() {
    return model_kind("random_forest", "Random forest", ModelType::random_forest, "a random forest");
}
KindSpec gradient_boosted_kind() {
    return model_kind("gradient_boosted", "Boosted trees", ModelType::gradient_boosted, "gradient-boosted trees");
}
KindSpec model_ensemble_kind() {
    return model_kind("model_ensemble", "Ensemble of models", ModelType::ensemble, "a weighted ensemble of models");
}
KindSpec linear_softmax_kind() {
    return model_kind("linear_softmax", "Linear model", ModelType::linear_softmax, "a multinomial logistic regression");
}
KindSpec linear_svm_kind() {
    return model_kind("linear_svm", "Linear SVM", ModelType::linear_svm, "a linear support vector machine");
}
KindSpec gaussian_naive_bayes_kind() {
    return model_kind("gaussian_naive_bayes", "Naive Bayes", ModelType::gaussian_naive_bayes, "Gaussian naive Bayes");
}

}  // namespace walras::sim
