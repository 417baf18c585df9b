#!/bin/sh
# Makes video.mp4 and audio.mp4, the sample of the demo, with ffmpeg 5 or later (libx264, native AAC).
# Eight seconds of both, exactly: four GOPs of 60 frames at 30 fps, and 375 AAC frames of 1024 samples at 48 kHz.
set -eu
cd "$(dirname "$0")"
quiet="-hide_banner -loglevel error -nostdin -y -fflags +bitexact -flags:v +bitexact -flags:a +bitexact"

# shellcheck disable=SC2086
ffmpeg $quiet -f lavfi -i testsrc2=size=640x360:rate=30:duration=8 \
  -c:v libx264 -preset veryslow -tune zerolatency -profile:v high -crf 34 -pix_fmt yuv420p \
  -g 60 -keyint_min 60 -sc_threshold 0 -bf 0 -threads 1 -video_track_timescale 90000 \
  -movflags empty_moov+default_base_moof -frag_duration 500000 video.mp4

# A beep each second. ADTS in between loses the edit list, so that there are 375 frames from 0 on; the first one is
# the encoder's priming, which delays the sound by 21 ms.
# shellcheck disable=SC2086
ffmpeg $quiet -f lavfi \
  -i "aevalsrc='0.3*sin(2*PI*880*t)*lt(mod(t,1),0.1)|0.3*sin(2*PI*660*t)*lt(mod(t,1),0.1)':s=48000:d=9" \
  -c:a aac -b:a 48k -f adts audio.aac
# shellcheck disable=SC2086
ffmpeg $quiet -f aac -i audio.aac -c:a copy -bsf:a aac_adtstoasc -frames:a 375 \
  -movflags empty_moov+delay_moov+default_base_moof -frag_duration 64000 audio.mp4
rm audio.aac
ls -l video.mp4 audio.mp4
