#include "walras/features/models/model_file.hpp"

#include <algorithm>
#include <fstream>

#include "walras/core/hash.hpp"
#include "walras/features/models/json_fields.hpp"
#include "walras/features/models/linear.hpp"
#include "walras/features/models/trees.hpp"

namespace walras::features {
namespace {

using detail::each;
using detail::fail_at;
using detail::Fields;
using detail::integer_of;
using detail::Json;
using detail::list_of;
using detail::number_of;
using detail::numbers_of;
using detail::Place;
using detail::text_of;

constexpr std::size_t most_depth = 64;  // of JSON
constexpr double sum_tolerance = 1e-6;

// ---- trees

struct Budget {
    std::size_t nodes = most_tree_nodes;
    void spend(std::size_t many, const Place& where) {
        if (many > nodes) {
            fail_at(where,
                    fmt::format("brings the model beyond {} nodes; train fewer or smaller trees.", most_tree_nodes));
        }
        nodes -= many;
    }
};

TreeNode node_of(const Json& value, const Place& where, std::size_t place, std::size_t nodes, std::size_t leaves,
                 std::size_t inputs) {
    TreeNode node;
    const auto child = [&](const Json& entry, std::size_t i) {
        const auto most = static_cast<std::int64_t>(nodes) - 1;
        const std::int64_t out = integer_of(entry, where[i], -static_cast<std::int64_t>(leaves), most);
        if (out >= 0 && out <= static_cast<std::int64_t>(place)) {
            fail_at(where, fmt::format("has the child {}, which does not stand behind it; a tree has no cycles: write "
                                       "parents before their children.",
                                       out));
        }
        return out;
    };
    each(list_of(value, where, 4, 4), [&](const Json& entry, std::size_t i) {
        switch (i) {
            case 0:
                node.feature =
                    static_cast<std::uint32_t>(integer_of(entry, where[0], 0, static_cast<std::int64_t>(inputs) - 1));
                break;
            case 1: node.threshold = number_of(entry, where[1]); break;
            case 2: node.left = child(entry, i); break;
            default: node.right = child(entry, i); break;
        }
    });
    return node;
}

// The inner nodes; leaf(entry, where) reads a leaf.
std::vector<TreeNode> read_tree(const Json& value, const Place& where, std::size_t inputs, Budget& budget,
                                auto&& leaf) {
    const Fields fields(value, where, {"nodes", "leaves"});
    const Place at_nodes = fields.at("nodes");
    const Place at_leaves = fields.at("leaves");
    const auto leaves = list_of(fields.need("leaves"), at_leaves, 1, most_tree_nodes);
    const auto nodes = list_of(fields.need("nodes"), at_nodes, 0, most_tree_nodes);
    if (nodes.size() + 1 != leaves.size()) {
        fail_at(where, fmt::format("has {} nodes and {} leaves; a tree has one leaf more than nodes.", nodes.size(),
                                   leaves.size()));
    }
    budget.spend(nodes.size() + leaves.size(), where);
    std::vector<TreeNode> out;
    out.reserve(nodes.size());
    each(nodes, [&](const Json& entry, std::size_t i) {
        out.push_back(node_of(entry, at_nodes[i], i, nodes.size(), leaves.size(), inputs));
    });
    each(leaves, [&](const Json& entry, std::size_t i) { leaf(entry, at_leaves[i]); });
    return out;
}

Probabilities probabilities_of(const Json& value, const Place& where) {
    const std::vector<double> p = numbers_of(value, where, class_count);
    if (std::ranges::any_of(p, [](double x) { return x < 0; }) || std::abs(p[0] + p[1] + p[2] - 1) > sum_tolerance) {
        fail_at(where,
                fmt::format("= [{}, {}, {}] are no probabilities; divide counts by their sum.", p[0], p[1], p[2]));
    }
    return {p[0], p[1], p[2]};
}

void add_tree(Forest& forest, const Json& value, const Place& where, Budget& budget) {
    std::vector<Probabilities> leaves;
    const auto nodes = read_tree(value, where, forest.inputs(), budget, [&](const Json& entry, const Place& at) {
        leaves.push_back(probabilities_of(entry, at));
    });
    forest.add(nodes, leaves);
}

std::unique_ptr<Model> read_decision_tree(const Fields& fields, std::size_t inputs, Budget& budget) {
    auto out = std::make_unique<Forest>(ModelType::decision_tree, inputs);
    add_tree(*out, fields.need("tree"), fields.at("tree"), budget);
    return out;
}

std::unique_ptr<Model> read_forest(const Fields& fields, std::size_t inputs, Budget& budget) {
    auto out = std::make_unique<Forest>(ModelType::random_forest, inputs);
    const Place where = fields.at("trees");
    each(list_of(fields.need("trees"), where, 1, most_trees),
         [&](const Json& tree, std::size_t i) { add_tree(*out, tree, where[i], budget); });
    return out;
}

std::unique_ptr<Model> read_boosted(const Fields& fields, std::size_t inputs, Budget& budget) {
    const std::vector<double> initial = numbers_of(fields.need("initial"), fields.at("initial"), class_count);
    auto out = std::make_unique<GradientBoosted>(inputs, std::array{initial[0], initial[1], initial[2]});
    const Place where = fields.at("rounds");
    each(list_of(fields.need("rounds"), where, 1, most_trees / class_count), [&](const Json& round, std::size_t r) {
        const Place at_round = where[r];
        each(list_of(round, at_round, class_count, class_count), [&](const Json& tree, std::size_t c) {
            std::vector<double> leaves;
            const auto nodes = read_tree(tree, at_round[c], inputs, budget, [&](const Json& entry, const Place& at) {
                leaves.push_back(number_of(entry, at));
            });
            out->add(nodes, leaves);
        });
    });
    return out;
}

// ---- one score a class

// One row of `inputs` numbers a class, class after class.
std::vector<double> matrix_of(const Fields& fields, std::string_view key, std::size_t inputs) {
    std::vector<double> out;
    const Place where = fields.at(key);
    each(list_of(fields.need(key), where, class_count, class_count), [&](const Json& row, std::size_t c) {
        const std::vector<double> values = numbers_of(row, where[c], inputs);
        out.insert(out.end(), values.begin(), values.end());
    });
    return out;
}

void require_positive(const std::vector<double>& values, const Place& where) {
    const auto bad = std::ranges::find_if(values, [](double x) { return x <= 0; });
    if (bad != values.end()) {
        fail_at(where, fmt::format("has {} as entry {}; all must be above 0.", *bad, bad - values.begin()));
    }
}

std::unique_ptr<Model> read_linear(ModelType type, const Fields& fields, std::size_t inputs) {
    Linear::Terms terms{.weights = matrix_of(fields, "weights", inputs),
                        .center = std::vector<double>(inputs),
                        .scale = std::vector<double>(inputs, 1)};
    std::ranges::copy(numbers_of(fields.need("intercept"), fields.at("intercept"), class_count),
                      terms.intercept.begin());
    if (const Json* center = fields.find("center")) { terms.center = numbers_of(*center, fields.at("center"), inputs); }
    if (const Json* scale = fields.find("scale")) {
        terms.scale = numbers_of(*scale, fields.at("scale"), inputs);
        require_positive(terms.scale, fields.at("scale"));
    }
    return std::make_unique<Linear>(type, terms);
}

std::unique_ptr<Model> read_bayes(const Fields& fields, std::size_t inputs) {
    GaussianNaiveBayes::Terms terms{.mean = matrix_of(fields, "mean", inputs),
                                    .variance = matrix_of(fields, "variance", inputs)};
    const std::vector<double> prior = numbers_of(fields.need("prior"), fields.at("prior"), class_count);
    require_positive(prior, fields.at("prior"));
    require_positive(terms.variance, fields.at("variance"));
    std::ranges::copy(prior, terms.prior.begin());
    return std::make_unique<GaussianNaiveBayes>(terms);
}

// ---- the whole

ModelType type_of(const Json& value, const Place& where) {
    const std::string_view text = text_of(value, where);
    std::vector<std::string_view> names;
    for (std::size_t i = 0; i < model_type_count; ++i) {
        const auto type = static_cast<ModelType>(i);
        if (to_string(type) == text) { return type; }
        names.push_back(to_string(type));
    }
    fail_at(where, fmt::format("= \"{}\" is no type of model{}; one of: {}.", text.substr(0, 64),
                               core::did_you_mean(text.substr(0, 64), names), fmt::join(names, ", ")));
}

// The type of an object whose other keys depend on it.
ModelType peek_type(const Json& value, const Place& where) {
    simdjson::dom::object object;
    if (value.get_object().get(object) != simdjson::SUCCESS) { fail_at(where, "is not a JSON object."); }
    Json type;
    if (object.at_key("type").get(type) != simdjson::SUCCESS) { fail_at(where, "lacks the key \"type\"; add it."); }
    return type_of(type, where / "type");
}

std::vector<std::string_view> keys_of(ModelType type, bool is_member) {
    std::vector<std::string_view> out{"type"};
    if (!is_member) { out.insert(out.end(), {"walras_model", "features", "classes", "missing", "about"}); }
    const auto add = [&out](std::initializer_list<std::string_view> own) { out.insert(out.end(), own); };
    switch (type) {
        case ModelType::decision_tree: add({"tree"}); break;
        case ModelType::random_forest: add({"trees"}); break;
        case ModelType::gradient_boosted: add({"initial", "rounds"}); break;
        case ModelType::linear_softmax:
        case ModelType::linear_svm: add({"weights", "intercept", "center", "scale"}); break;
        case ModelType::gaussian_naive_bayes: add({"prior", "mean", "variance"}); break;
        case ModelType::ensemble: add({"members"}); break;
    }
    return out;
}

std::unique_ptr<Model> read_ensemble(const Fields& fields, std::size_t inputs, Budget& budget);

std::unique_ptr<Model> read_body(ModelType type, const Fields& fields, std::size_t inputs, Budget& budget) {
    switch (type) {
        case ModelType::decision_tree: return read_decision_tree(fields, inputs, budget);
        case ModelType::random_forest: return read_forest(fields, inputs, budget);
        case ModelType::gradient_boosted: return read_boosted(fields, inputs, budget);
        case ModelType::linear_softmax:
        case ModelType::linear_svm: return read_linear(type, fields, inputs);
        case ModelType::gaussian_naive_bayes: return read_bayes(fields, inputs);
        case ModelType::ensemble: return read_ensemble(fields, inputs, budget);
    }
    return nullptr;
}

std::unique_ptr<Model> read_ensemble(const Fields& fields, std::size_t inputs, Budget& budget) {
    std::vector<Ensemble::Member> members;
    const Place where = fields.at("members");
    each(list_of(fields.need("members"), where, 1, most_members), [&](const Json& entry, std::size_t i) {
        const Place at = where[i];
        const Fields member(entry, at, {"weight", "model"});
        const double weight = number_of(member.need("weight"), member.at("weight"));
        require_positive({weight}, member.at("weight"));
        const Json& inner = member.need("model");
        const ModelType type = peek_type(inner, member.at("model"));
        if (type == ModelType::ensemble) {
            fail_at(member.at("model"), "is an ensemble inside an ensemble; list its members themselves.");
        }
        const Fields own(inner, member.at("model"), keys_of(type, true));
        members.emplace_back();
        members.back().weight = weight;
        members.back().model = read_body(type, own, inputs, budget);
    });
    return std::make_unique<Ensemble>(inputs, std::move(members));
}

std::vector<std::string> features_in(const Fields& fields) {
    std::vector<std::string> out;
    const Place where = fields.at("features");
    each(list_of(fields.need("features"), where, 1, most_model_features), [&](const Json& entry, std::size_t i) {
        const Place at = where[i];
        const std::string_view name = text_of(entry, at);
        if (name.empty()) { fail_at(at, "is empty; give the feature its name."); }
        if (std::ranges::find(out, name) != out.end()) {
            fail_at(at, fmt::format("names \"{}\" a second time; each feature has one column.", name));
        }
        out.emplace_back(name);
    });
    return out;
}

void require_classes(const Fields& fields) {
    const Place where = fields.at("classes");
    each(list_of(fields.need("classes"), where, class_count, class_count), [&](const Json& entry, std::size_t i) {
        if (text_of(entry, where[i]) != class_names[i]) {
            fail_at(where, fmt::format("must be [\"{}\"], in this order; reorder the model's columns.",
                                       fmt::join(class_names, "\", \"")));
        }
    });
}

Missing missing_in(const Fields& fields) {
    const Json* value = fields.find("missing");
    if (value == nullptr) { return Missing::neutral; }
    const std::string_view text = text_of(*value, fields.at("missing"));
    if (const auto found = parse_missing(text)) { return *found; }
    fail_at(fields.at("missing"), fmt::format("= \"{}\" must be \"neutral\" or \"minus_one\".", text.substr(0, 64)));
}

}  // namespace

ModelFile read_model(std::string_view json, std::string_view name) {
    const Place where(name);
    if (json.size() > most_model_bytes) {
        fail_at(where,
                fmt::format("has {} bytes, more than {}; train a smaller model.", json.size(), most_model_bytes));
    }
    simdjson::dom::parser parser(most_model_bytes + 1);
    Json root;
    const auto allocated = parser.allocate(std::max<std::size_t>(json.size(), 32), most_depth);
    const auto error = allocated != simdjson::SUCCESS ? allocated : parser.parse(json.data(), json.size()).get(root);
    if (error != simdjson::SUCCESS) {
        fail_at(where,
                fmt::format("is not JSON that can be read: {} Export the model anew.", simdjson::error_message(error)));
    }
    const ModelType type = peek_type(root, where);
    const Fields fields(root, where, keys_of(type, false));
    integer_of(fields.need("walras_model"), fields.at("walras_model"), 1, 1);
    ModelFile out;
    require_classes(fields);
    out.features = features_in(fields);
    out.missing = missing_in(fields);
    if (const Json* about = fields.find("about")) { out.about = text_of(*about, fields.at("about")); }
    Budget budget;
    out.model = read_body(type, fields, out.features.size(), budget);
    std::string padded(json);
    padded.resize((padded.size() + 7) / 8 * 8);
    core::RunningHash hash;
    hash.add_words(padded.data(), padded.size());
    out.hash = hash.value();
    return out;
}

ModelFile read_model_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary | std::ios::ate);
    if (!file) { throw DataError(fmt::format("{}: cannot be read; check the path.", path)); }
    const auto size = static_cast<std::streamoff>(file.tellg());
    if (size < 0 || static_cast<std::uint64_t>(size) > most_model_bytes) {
        throw DataError(fmt::format("{}: is no file of at most {} bytes; check the path.", path, most_model_bytes));
    }
    std::string text(static_cast<std::size_t>(size), '\0');
    file.seekg(0);
    if (!file.read(text.data(), size)) { throw DataError(fmt::format("{}: cannot be read whole.", path)); }
    return read_model(text, path + ":");
}

std::vector<std::uint8_t> market_places(const ModelFile& file, std::string_view name) {
    std::vector<std::string_view> names;
    for (const MarketFeature& feature : market_features()) { names.push_back(feature.name); }
    std::vector<std::uint8_t> out;
    for (const std::string& feature : file.features) {
        const auto place = find_market_feature(feature);
        if (!place) {
            fail_at(Place(name),
                    fmt::format("reads \"{}\", which is no feature of a market{}; `wl.features.market_features()` "
                                "lists them.",
                                feature, core::did_you_mean(feature, names)));
        }
        out.push_back(static_cast<std::uint8_t>(*place));
    }
    return out;
}

}  // namespace walras::features
