"""The other side of bench/peers.ts: answers requests on standard input, one JSON line and the image's RGB bytes each, with
one JSON line and the labels (or filtered RGB) as bytes. CPU time of this process, one thread."""
import json
import os
import sys
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np

versions = {}
try:
    import skimage
    from skimage.segmentation import felzenszwalb, slic
    versions["scikit-image"] = skimage.__version__
except ImportError:
    pass
try:
    import cv2
    cv2.setNumThreads(1)
    versions["OpenCV"] = cv2.__version__
except ImportError:
    pass
try:
    import torch
    torch.set_num_threads(1)
    torch.manual_seed(0)
    versions["PyTorch"] = torch.__version__
except ImportError:
    pass


def run_slic(image, n, compactness):
    # RGB: since 0.19 slic() scales what it is given to 0..1 and converts it to Lab itself
    return slic(image, n_segments=n, compactness=compactness, start_label=0, enforce_connectivity=True)


def run_felzenszwalb(image, scale, sigma, min_size):
    return felzenszwalb(image, scale=scale, sigma=sigma, min_size=min_size)


def run_mean_shift(image, spatial, range):
    return cv2.pyrMeanShiftFiltering(image, spatial, range, maxLevel=0)


def conv_step(height, width):
    """A training step of the network of bench/kernels.ts."""
    layers = []
    for i, (a, b) in enumerate([(3, 32), (32, 32), (32, 32), (32, 3)]):
        layers.append(torch.nn.Conv2d(a, b, 3, padding=1, bias=i == 3))
        if i < 3:
            layers += [torch.nn.BatchNorm2d(b), torch.nn.ReLU()]
    network = torch.nn.Sequential(*layers)
    x = torch.rand(1, 3, height, width)
    adam = torch.optim.Adam(network.parameters())

    def step():
        adam.zero_grad()
        loss = torch.nn.functional.mse_loss(network(x), x)
        loss.backward()
        adam.step()

    return step


class ImageNetwork:
    """Segmentation by training a network on one image, after Kanezaki (2018, doi:10.1109/ICASSP.2018.8462533): labels
    are the strongest of 100 responses, smoothed by the majority of each superpixel, and become the next targets."""

    def __init__(self, image, superpixels, channels=100, blocks=2):
        layers, width = [], 3
        for _ in range(blocks):
            layers += [torch.nn.Conv2d(width, channels, 3, padding=1), torch.nn.ReLU(), torch.nn.BatchNorm2d(channels)]
            width = channels
        layers += [torch.nn.Conv2d(width, channels, 1), torch.nn.BatchNorm2d(channels)]
        self.network = torch.nn.Sequential(*layers)
        self.optimizer = torch.optim.SGD(self.network.parameters(), lr=0.1, momentum=0.9)
        self.x = torch.from_numpy(image.transpose(2, 0, 1)[None].astype(np.float32) / 255)
        self.channels, self.superpixels, self.count = channels, superpixels.ravel(), int(superpixels.max()) + 1

    def step(self):
        self.optimizer.zero_grad()
        response = self.network(self.x)[0].permute(1, 2, 0).reshape(-1, self.channels)
        best = response.argmax(1).numpy()
        votes = np.zeros((self.count, self.channels), np.int32)
        np.add.at(votes, (self.superpixels, best), 1)
        target = votes.argmax(1)[self.superpixels]
        torch.nn.functional.cross_entropy(response, torch.from_numpy(target)).backward()
        self.optimizer.step()
        return target


def answer(request, image):
    kind, runs, options = request["kind"], request.get("runs", 1), request.get("options", {})
    if kind == "step":
        work = conv_step(request["height"], request["width"])
    elif kind == "network":
        network = ImageNetwork(image, run_slic(image, 600, 10))
        work = network.step
    else:
        work = lambda: globals()["run_" + kind](image, **options)
    times = []
    for _ in range(runs):
        begin = time.process_time()
        result = work()
        times.append(1000 * (time.process_time() - begin))
    if kind == "step":
        return times, b""
    if kind == "network":
        result = result.reshape(image.shape[:2])
    return times, result.astype(np.uint8 if kind == "mean_shift" else np.int32).tobytes()


def main():
    print(json.dumps(versions), flush=True)
    for line in sys.stdin.buffer:
        request = json.loads(line)
        data = sys.stdin.buffer.read(request["bytes"])
        image = np.frombuffer(data, np.uint8).reshape(request["height"], request["width"], 3) if data else None
        times, result = answer(request, image)
        print(json.dumps({"times": times, "bytes": len(result)}), flush=True)
        sys.stdout.buffer.write(result)
        sys.stdout.buffer.flush()


main()
