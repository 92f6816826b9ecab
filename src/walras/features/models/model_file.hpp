// Models as JSON: one object with the keys of docs/concepts/market-models.md, nothing else, and nothing that is not
// what it must be. A file comes from outside: everything is bounded and checked, and the message names its place.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "walras/features/market_features.hpp"
#include "walras/features/models/model.hpp"

namespace walras::features {

inline constexpr std::size_t most_model_bytes = std::size_t{64} << 20;
inline constexpr std::size_t most_trees = 10'000;
inline constexpr std::size_t most_tree_nodes = 4'000'000;  // over all trees of a model
inline constexpr std::size_t most_members = 64;

struct ModelFile {
    std::unique_ptr<Model> model;
    std::vector<std::string> features;  // in the order of the model's rows
    Missing missing = Missing::neutral;
    std::string about;       // what its author says of it
    std::uint64_t hash = 0;  // of the text
};

// `name` begins every message. Throws DataError.
ModelFile read_model(std::string_view json, std::string_view name);
// Throws DataError too where the file cannot be read.
ModelFile read_model_file(const std::string& path);

// Places of its features in a row of a market. Throws DataError for one that a market has not, naming near ones.
std::vector<std::uint8_t> market_places(const ModelFile& file, std::string_view name);

}  // namespace walras::features
