# hotgrid_embed(TARGET FILE...): the files as C strings in a source of the target, under their names without
# folder and extension; job/presets.h finds them.
function(hotgrid_embed target)
    set(source ${CMAKE_CURRENT_BINARY_DIR}/${target}_embedded.c)
    set(script ${PROJECT_SOURCE_DIR}/cmake/embed.cmake)
    set(files)
    foreach(file ${ARGN})
        get_filename_component(path ${file} ABSOLUTE)
        list(APPEND files ${path})
    endforeach()
    string(REPLACE ";" "|" list "${files}")
    add_custom_command(OUTPUT ${source}
        COMMAND ${CMAKE_COMMAND} -DOUT=${source} "-DFILES=${list}" -P ${script}
        DEPENDS ${files} ${script} VERBATIM)
    target_sources(${target} PRIVATE ${source})
endfunction()
