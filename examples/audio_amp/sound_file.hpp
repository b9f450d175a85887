/// \file
/// Sound in files, by libsndfile.
#pragma once

#include <cstddef>
#include <filesystem>
#include <sndfile.hh>
#include <string>
#include <tenon/core/error.hpp>
#include <vector>

namespace audio_amp {

struct Sound {
  std::vector<float> samples;
  int sample_rate;
};

/// Reads any file that libsndfile knows, its channels mixed into one. Throws tenon::Error, naming the file, where there
/// is no sound in it, or less than 8000 samples a second.
inline Sound read_sound(const std::filesystem::path& path) {
  SndfileHandle file(path.string());
  if (file.error()) tenon::raise(path.string() + ": cannot be read: " + file.strError());
  if (file.samplerate() < 8000)
    tenon::raise(path.string() + ": wanted at least 8000 Hz, found " + std::to_string(file.samplerate()));
  const auto channels = static_cast<std::size_t>(file.channels());
  std::vector<float> frames(static_cast<std::size_t>(file.frames()) * channels);
  frames.resize(static_cast<std::size_t>(file.readf(frames.data(), file.frames())) * channels);
  Sound sound{std::vector<float>(frames.size() / channels), file.samplerate()};
  for (std::size_t i = 0; i < frames.size(); ++i)
    sound.samples[i / channels] += frames[i] / static_cast<float>(channels);
  if (sound.samples.empty()) tenon::raise(path.string() + ": wanted sound, found none");
  return sound;
}

/// Writes a WAV file of one channel and 16 bits. Throws tenon::Error, naming the file, where that fails.
inline void write_sound(const std::filesystem::path& path, const Sound& sound) {
  SndfileHandle file(path.string(), SFM_WRITE, SF_FORMAT_WAV | SF_FORMAT_PCM_16, 1, sound.sample_rate);
  const auto size = static_cast<sf_count_t>(sound.samples.size());
  if (file.error() || file.write(sound.samples.data(), size) != size)
    tenon::raise(path.string() + ": cannot be written: " + file.strError());
}

}  // namespace audio_amp
