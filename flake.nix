# nix run github:OWNER/REPOSITORY -- say "Hello there." -o hello.wav
# Not tested: no Nix was available.
{
  description = "Text to speech with the Orpheus voices";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
  # The version that tools/fetch-ggml.sh names.
  inputs.ggml = {
    url = "github:ggml-org/ggml/v0.25.1";
    flake = false;
  };

  outputs = { self, nixpkgs, ggml }:
    let
      version = builtins.head (builtins.match ".*project\\(orpheus VERSION ([0-9.]+).*" (builtins.readFile ./CMakeLists.txt));
      each = nixpkgs.lib.genAttrs [ "x86_64-linux" "aarch64-linux" "aarch64-darwin" ];
    in
    {
      packages = each (system:
        let pkgs = nixpkgs.legacyPackages.${system};
        in {
          default = pkgs.stdenv.mkDerivation {
            pname = "orpheus";
            inherit version;
            src = self;
            nativeBuildInputs = with pkgs; [ cmake ninja pkg-config ];
            buildInputs = with pkgs; [
              boost cli11 cmark-gfm curl ffmpeg icu libxml2 nlohmann_json openssl spdlog tl-expected tomlplusplus
            ];
            cmakeFlags = [
              "-DORPHEUS_NATIVE=OFF"
              "-DORPHEUS_TESTS=OFF"
              "-DORPHEUS_GGML_SOURCE_DIR=${ggml}"
              "-DORPHEUS_CLDR_DIR=${pkgs.cldr-annotations}/share/unicode/cldr/common"
            ];
            meta = {
              description = "Text to speech with the Orpheus voices";
              license = pkgs.lib.licenses.mit;
              mainProgram = "orpheus";
            };
          };
        });
    };
}
