// The list of kinds; each stands in its own file in kinds/.
#include <fmt/format.h>

#include <algorithm>
#include <deque>

#include "walras/core/error.hpp"
#include "walras/sim/kind.hpp"
#include "walras/sim/kinds/kinds.hpp"

namespace walras::sim {
namespace {

// A deque: specs stay where they are.
std::deque<KindSpec>& registry() {
    static std::deque<KindSpec> kinds = [] {
        std::deque<KindSpec> all;
        for (const auto make : {&avellaneda_stoikov_kind,
                                &bollinger_kind,
                                &breakout_kind,
                                &chiarella_kind,
                                &decision_tree_kind,
                                &dip_buyer_kind,
                                &fundamental_exit_kind,
                                &gaussian_naive_bayes_kind,
                                &gradient_boosted_kind,
                                &informed_kind,
                                &ladder_maker_kind,
                                &linear_softmax_kind,
                                &linear_svm_kind,
                                &macd_kind,
                                &market_maker_kind,
                                &metaorder_splitter_kind,
                                &model_ensemble_kind,
                                &momentum_kind,
                                &news_reactor_kind,
                                &noise_kind,
                                &noise_once_kind,
                                &pairs_kind,
                                &poisson_flow_kind,
                                &random_forest_kind,
                                &reactive_kind,
                                &sector_rotator_kind,
                                &stop_loss_kind,
                                &take_profit_kind,
                                &threshold_buyer_kind,
                                &threshold_seller_kind,
                                &timed_kind,
                                &trailing_stop_kind,
                                &trend_follower_kind,
                                &value_kind,
                                &vwap_executor_kind,
                                &zero_intelligence_kind}) {
            all.push_back(make());
        }
        return all;
    }();
    return kinds;
}

}  // namespace

std::vector<const KindSpec*> agent_kinds() {
    std::vector<const KindSpec*> out;
    out.reserve(registry().size());
    for (const KindSpec& spec : registry()) { out.push_back(&spec); }
    std::sort(out.begin(), out.end(), [](const KindSpec* a, const KindSpec* b) { return a->name < b->name; });
    return out;
}

const KindSpec& describe_kind(std::string_view name) {
    std::vector<std::string_view> names;
    for (const KindSpec& spec : registry()) {
        if (spec.name == name) { return spec; }
        names.push_back(spec.name);
    }
    throw ConfigError(fmt::format("There is no kind of agent called \"{}\"{}; `walras sim --list` shows all.", name,
                                  core::did_you_mean(name, names)));
}

void register_kind(KindSpec spec) {
    for (const KindSpec& known : registry()) {
        if (known.name == spec.name) {
            throw ConfigError(
                fmt::format("A kind of agent called \"{}\" exists already; choose another name.", spec.name));
        }
    }
    registry().push_back(std::move(spec));
}

}  // namespace walras::sim
