# hotgrid_embed(TARGET NAME FILE...): compiles files into a target as the table hg_NAME (base/embedded.h),
# each text under its file's stem. Run as a script it writes that table: -DNAME -DOUTPUT -DFILES.
if(CMAKE_SCRIPT_MODE_FILE STREQUAL CMAKE_CURRENT_LIST_FILE)
    set(arrays)
    set(rows)
    set(number 0)
    foreach(file ${FILES})
        get_filename_component(stem ${file} NAME_WLE)
        file(READ ${file} bytes HEX)
        string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
        string(REGEX REPLACE "(................................................................................)" "\\1\n" bytes "${bytes}")
        string(APPEND arrays "static const unsigned char text_${number}[] = {\n${bytes}0};\n\n")
        string(APPEND rows "    {\"${stem}\", (const char *)text_${number}, sizeof text_${number} - 1},\n")
        math(EXPR number "${number} + 1")
    endforeach()
    file(WRITE ${OUTPUT} "#include \"base/embedded.h\"\n\n${arrays}const hg_embedded hg_${NAME}[] = {\n${rows}    {NULL, NULL, 0}};\n")
    return()
endif()

set(HOTGRID_EMBED_SCRIPT ${CMAKE_CURRENT_LIST_FILE})

function(hotgrid_embed target name)
    set(output ${CMAKE_CURRENT_BINARY_DIR}/${name}.c)
    set(files)
    foreach(file ${ARGN})
        get_filename_component(file ${file} ABSOLUTE)
        list(APPEND files ${file})
    endforeach()
    add_custom_command(OUTPUT ${output}
        COMMAND ${CMAKE_COMMAND} -DNAME=${name} -DOUTPUT=${output} "-DFILES=${files}" -P ${HOTGRID_EMBED_SCRIPT}
        DEPENDS ${files} ${HOTGRID_EMBED_SCRIPT} VERBATIM)
    target_sources(${target} PRIVATE ${output})
endfunction()
