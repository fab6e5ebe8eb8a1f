import skia
class Studio:
    def __init__(self, timeline, pcm, build): pass
    def draw(self, canvas, number):
        canvas.clear(skia.Color(0xE9,0xDF,0xD0))
        p=skia.Paint(AntiAlias=True, Color=skia.Color(0x7F,0x93,0x7A))
        canvas.drawCircle(360+200*((number%90)/90-.5), 600, 120, p)
