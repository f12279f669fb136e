{
  "target_defaults": {
    "cflags": ["-std=gnu11", "-O3", "-fno-math-errno", "-falign-functions=64", "-falign-loops=64", "-Wall", "-Wextra"],
    "cflags!": ["-O2"],
    "xcode_settings": { "GCC_OPTIMIZATION_LEVEL": "3", "OTHER_CFLAGS": ["-std=gnu11", "-fno-math-errno"] }
  },
  "targets": [
    {
      "target_name": "recurra",
      "sources": ["native/src/addon.c", "native/src/probe.c", "native/src/pool.c"],
      "dependencies": ["kernels_baseline"],
      "conditions": [
        ["target_arch=='x64'", { "dependencies": ["kernels_avx2", "kernels_avx512", "kernels_avx512bf16"] }],
        ["target_arch=='arm64'", { "dependencies": ["kernels_neon"] }],
        ["OS=='linux'", { "libraries": ["-lpthread"] }]
      ]
    },
    {
      "target_name": "kernels_baseline",
      "type": "static_library",
      "sources": ["native/src/kernels.c"],
      "defines": ["RECURRA_ISA_BASELINE"]
    }
  ],
  "conditions": [
    ["target_arch=='x64'", {
      "targets": [
        {
          "target_name": "kernels_avx2",
          "type": "static_library",
          "sources": ["native/src/kernels.c"],
          "defines": ["RECURRA_ISA_AVX2"],
          "cflags": ["-mavx2", "-mfma"],
          "xcode_settings": { "OTHER_CFLAGS": ["-mavx2", "-mfma"] }
        },
        {
          "target_name": "kernels_avx512",
          "type": "static_library",
          "sources": ["native/src/kernels.c"],
          "defines": ["RECURRA_ISA_AVX512"],
          "cflags": ["-mavx512f", "-mavx512vl", "-mavx512dq", "-mavx512bw", "-mfma", "-mprefer-vector-width=512"],
          "xcode_settings": { "OTHER_CFLAGS": ["-mavx512f", "-mavx512vl", "-mavx512dq", "-mavx512bw", "-mfma"] }
        },
        {
          "target_name": "kernels_avx512bf16",
          "type": "static_library",
          "sources": ["native/src/kernels.c"],
          "defines": ["RECURRA_ISA_AVX512BF16"],
          "cflags": ["-mavx512f", "-mavx512vl", "-mavx512dq", "-mavx512bw", "-mavx512bf16", "-mavx512vnni", "-mfma", "-mprefer-vector-width=512"],
          "xcode_settings": { "OTHER_CFLAGS": ["-mavx512f", "-mavx512vl", "-mavx512dq", "-mavx512bw", "-mavx512bf16", "-mavx512vnni", "-mfma"] }
        }
      ]
    }],
    ["target_arch=='arm64'", {
      "targets": [
        {
          "target_name": "kernels_neon",
          "type": "static_library",
          "sources": ["native/src/kernels.c"],
          "defines": ["RECURRA_ISA_NEON"]
        }
      ]
    }]
  ]
}
