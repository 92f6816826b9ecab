# walras_embed_models(TARGET FOLDER): the .json files of a folder become string literals of the target, by name.
function(walras_embed_models target folder)
  file(GLOB files CONFIGURE_DEPENDS ${folder}/*.json)
  set(entries "")
  set(rows "")
  foreach(file ${files})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    get_filename_component(name ${file} NAME_WE)
    file(READ ${file} text)
    string(APPEND entries "constexpr std::string_view ${name} = R\"json(${text})json\";\n")
    string(APPEND rows "    {\"${name}\", ${name}},\n")
  endforeach()
  list(LENGTH files count)
  file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/generated/preset_models.cpp @ONLY CONTENT
"// Made by cmake/embed.cmake from the files of sim/models.
#include <array>

#include \"walras/sim/preset_models.hpp\"

namespace walras::sim {
namespace {

@entries@
constexpr std::array<PresetModel, @count@> models{{
@rows@}};

}  // namespace

std::span<const PresetModel> preset_models() { return models; }

}  // namespace walras::sim
")
  target_sources(${target} PRIVATE ${PROJECT_BINARY_DIR}/generated/preset_models.cpp)
  # A forest is a long text.
  set_source_files_properties(${PROJECT_BINARY_DIR}/generated/preset_models.cpp PROPERTIES
    COMPILE_OPTIONS -Wno-overlength-strings)
endfunction()
